package org.loraspark.report;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.ArrayList;
import java.util.List;

/** How to use an adapter file elsewhere, one way a program. */
record Usage(List<Way> ways) {
    /** @param text to copy */
    record Way(String program, String how, String text) {}

    /**
     * @param folder of the files
     * @param file kohya's, relative to the folder; empty when only PEFT's was written
     * @param peft PEFT's, relative to the folder; empty when only kohya's was written
     */
    static Usage of(String base, String folder, String file, String peft, String prompt) {
        List<Way> ways = new ArrayList<>();
        if (!file.isEmpty()) {
            String name = file.substring(file.lastIndexOf('/') + 1);
            String stem = name.replaceAll("\\.safetensors$", "");
            ways.add(new Way(
                    "AUTOMATIC1111",
                    "Copy " + name + " to models/Lora and name it in the prompt.",
                    prompt + " <lora:" + stem + ":0.8>"));
            ways.add(new Way(
                    "ComfyUI",
                    "Copy " + name + " to models/loras and add a Load LoRA node between the checkpoint and the prompt.",
                    "lora_name: " + name + "\nstrength_model: 0.8\nstrength_clip: 0.8"));
        }
        String weights = file.isEmpty() ? peft : file;
        boolean single = base.endsWith(".safetensors");
        ways.add(new Way(
                "diffusers",
                "In Python, at full strength; cross_attention_kwargs={\"scale\": 0.8} weakens it.",
                "from diffusers import StableDiffusionPipeline\n\npipe = StableDiffusionPipeline."
                        + (single ? "from_single_file(" : "from_pretrained(") + quoted(base) + ")\n"
                        + "pipe.load_lora_weights(" + quoted(folder) + ", weight_name=" + quoted(weights) + ")\n"
                        + "pipe(" + quoted(prompt) + ").images[0].save(\"picture.png\")"));
        if (!file.isEmpty()) {
            String stem = file.substring(file.lastIndexOf('/') + 1).replaceAll("\\.safetensors$", "");
            ways.add(new Way(
                    "lora-spark",
                    "Here, with nothing else installed.",
                    "scripts/lora-spark sample --base " + shell(base) + " --lora-dir " + shell(folder)
                            + " \\\n    --prompt " + shell(prompt + " <lora:" + stem + ":0.8>")
                            + " --output picture.png"));
        }
        return new Usage(ways);
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    private static String shell(String text) {
        return text.matches("[\\w./:@-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
