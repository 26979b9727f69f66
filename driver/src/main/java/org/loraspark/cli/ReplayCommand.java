package org.loraspark.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.Engine;
import org.loraspark.train.Replay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One training step on a recorded batch. */
@Command(
        name = "replay",
        description = "Runs one training step on a recorded batch and writes prediction, loss and gradients.",
        footer = {
            "  lora-spark replay --base conf/demo/base --lora lora.safetensors --batch batch.safetensors \\",
            "    --output result.safetensors"
        })
final class ReplayCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--base",
            required = true,
            paramLabel = "MODEL",
            description = "Diffusers folder or .safetensors file.")
    private String base;

    @Option(names = "--lora", required = true, paramLabel = "FILE", description = "Adapter of either dialect.")
    private String lora;

    @Option(
            names = "--batch",
            required = true,
            paramLabel = "FILE",
            description = "latents and noise [n, 4, height, width], timesteps [n], input_ids [n, 77].")
    private String batch;

    @Option(names = "--output", required = true, paramLabel = "FILE", description = "model_pred, loss and grad.<key>.")
    private String output;

    @Mixin
    private EngineChoice engineChoice;

    @Override
    public Integer call() {
        Configuration conf = new Configuration();
        try (SafetensorsFile adapter = SafetensorsFile.open(AdapterFiles.path(lora), conf);
                SafetensorsFile recorded = SafetensorsFile.open(AdapterFiles.path(batch), conf);
                BaseModel model = BaseModel.open(AdapterFiles.path(base), conf);
                Engine engine = engineChoice.open(spec.commandLine().getErr())) {
            Replay.Result result = new Replay(engine, model).run(adapter, recorded, 1);
            SafetensorsWriter.write(AdapterFiles.path(output), conf, result.tensors(), Map.of());
            spec.commandLine()
                    .getOut()
                    .println("%s: loss %.6f, %d tensors"
                            .formatted(output, result.loss(), result.tensors().size()));
        }
        return 0;
    }
}
