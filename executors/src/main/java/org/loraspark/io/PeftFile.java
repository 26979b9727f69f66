package org.loraspark.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

/**
 * The adapter file of diffusers and PEFT: {@code unet.PATH.lora_A.weight} {@code [rank, in]} and {@code
 * unet.PATH.lora_B.weight} {@code [out, rank]}, the same behind {@code text_encoder.}. There is no alpha tensor: alpha
 * stands in the metadata entry {@code lora_adapter_metadata}, a JSON object of PEFT's {@code LoraConfig} with its keys
 * behind {@code unet.} and {@code text_encoder.}, else it is the rank.
 */
public final class PeftFile {
    /** The file's name in a folder that diffusers loads. */
    public static final String FILE_NAME = "pytorch_lora_weights.safetensors";

    private static final String CONFIG = "lora_adapter_metadata";
    private static final List<String> MODELS = List.of("unet", "text_encoder");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** PEFT's spelling, diffusers' two older ones, and that of its attention processors ({@code to_q_lora.down}). */
    private static final Pattern KEY = Pattern.compile(
            "((?:unet|text_encoder)\\..+?)"
                    + "(?:\\.lora_([AB])(?:\\.default)?\\.weight|(?:\\.lora|\\.lora_linear_layer|_lora)\\.(down|up)\\.weight|\\.(alpha))");

    private PeftFile() {}

    public static void write(Path target, Configuration conf, LoraWeights weights, DType dtype) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        LoraLayout layout = weights.layout();
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule m = layout.modules().get(i);
            tensors.put(m.name() + ".lora_A.weight", KohyaFile.matrix(weights.down(i), dtype, m, m.rank(), m.in()));
            tensors.put(m.name() + ".lora_B.weight", KohyaFile.matrix(weights.up(i), dtype, m, m.out(), m.rank()));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt");
        metadata.put(CONFIG, config(layout));
        SafetensorsWriter.write(target, conf, tensors, metadata);
    }

    private static String config(LoraLayout layout) {
        Map<String, Object> config = new TreeMap<>();
        for (String model : MODELS) {
            List<LoraModule> modules = layout.modules().stream()
                    .filter(m -> m.name().startsWith(model + "."))
                    .toList();
            if (!modules.isEmpty()) {
                putConfig(config, model + ".", modules);
            }
        }
        try {
            return JSON.writeValueAsString(config);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of plain values has a JSON form", e);
        }
    }

    private static void putConfig(Map<String, Object> config, String prefix, List<LoraModule> modules) {
        int rank = mostCommon(modules, LoraModule::rank);
        double alpha = mostCommon(modules, LoraModule::alpha);
        Map<String, Object> ranks = new TreeMap<>();
        Map<String, Object> alphas = new TreeMap<>();
        List<String> targets = new ArrayList<>();
        for (LoraModule module : modules) {
            String path = module.name().substring(prefix.length());
            targets.add(path);
            if (module.rank() != rank) {
                ranks.put(path, module.rank());
            }
            if (module.alpha() != alpha) {
                alphas.put(path, number(module.alpha()));
            }
        }
        config.put(prefix + "r", rank);
        config.put(prefix + "lora_alpha", number(alpha));
        config.put(prefix + "rank_pattern", ranks);
        config.put(prefix + "alpha_pattern", alphas);
        config.put(prefix + "target_modules", targets);
        config.put(prefix + "lora_dropout", 0.0);
        config.put(prefix + "bias", "none");
        // The stored alpha already holds rsLoRA's factor.
        config.put(prefix + "use_rslora", false);
    }

    /** PEFT declares alpha as an integer; a whole number is written as one. */
    private static Number number(double alpha) {
        if (alpha == Math.rint(alpha) && Math.abs(alpha) < 1e15) {
            return (long) alpha;
        }
        return alpha;
    }

    private static <T> T mostCommon(List<LoraModule> modules, Function<LoraModule, T> of) {
        return modules.stream()
                .collect(Collectors.groupingBy(of, LinkedHashMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    /** What a key means, when it is of this dialect and of a Stable Diffusion 1.x layer. */
    static Optional<LoraParts.Slot> slot(String key) {
        Matcher m = KEY.matcher(key);
        if (!m.matches()) {
            return Optional.empty();
        }
        LoraParts.Part part = m.group(4) != null
                ? LoraParts.Part.ALPHA
                : "A".equals(m.group(2)) || "down".equals(m.group(3)) ? LoraParts.Part.DOWN : LoraParts.Part.UP;
        return LoraNames.fromDotted(m.group(1)).map(module -> new LoraParts.Slot(module, part));
    }

    /** alpha of a module by the metadata's config, with rsLoRA's factor folded in; the rank when nothing is said. */
    static double alpha(Map<String, String> metadata, String file, String module, int rank) {
        String text = metadata.get(CONFIG);
        if (text == null) {
            return rank;
        }
        JsonNode config;
        try {
            config = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new CorruptFileException(file, "its metadata entry " + CONFIG + " is no JSON");
        }
        int dot = module.indexOf('.');
        String prefix = module.substring(0, dot + 1);
        String path = module.substring(dot + 1);
        double alpha = config.path(prefix + "lora_alpha").asDouble(rank);
        for (Map.Entry<String, JsonNode> entry :
                config.path(prefix + "alpha_pattern").properties()) {
            String pattern = entry.getKey().replaceFirst("^\\^", "");
            if (path.equals(pattern) || path.endsWith("." + pattern)) {
                alpha = entry.getValue().asDouble();
                break;
            }
        }
        return config.path(prefix + "use_rslora").asBoolean(false) ? alpha * Math.sqrt(rank) : alpha;
    }
}
