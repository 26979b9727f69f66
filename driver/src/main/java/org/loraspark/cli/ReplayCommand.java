package org.loraspark.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One training step on a recorded batch. */
@Command(
        name = "replay",
        description = "Runs one training step on a recorded batch and writes prediction, loss and gradients.",
        footer = {
            "  lora-spark replay --base conf/demo/base --lora lora.safetensors --batch batch.safetensors \\",
            "    --output result.safetensors"
        })
final class ReplayCommand implements Callable<Integer> {
    @Option(
            names = "--base",
            required = true,
            paramLabel = "MODEL",
            description = "Diffusers folder or .safetensors file.")
    private String base;

    @Option(names = "--lora", required = true, paramLabel = "FILE", description = "Adapter in kohya's form.")
    private String lora;

    @Option(
            names = "--batch",
            required = true,
            paramLabel = "FILE",
            description = "latents, noise, timesteps and input_ids.")
    private String batch;

    @Option(names = "--output", required = true, paramLabel = "FILE", description = "model_pred, loss and grad.<key>.")
    private String output;

    @Option(names = "--engine", paramLabel = "NAME", description = "Engine (default: ${DEFAULT-VALUE}).")
    private String engine = "auto";

    @Option(names = "--precision", paramLabel = "P", description = "fp32, bf16 or fp16 (default: ${DEFAULT-VALUE}).")
    private String precision = "fp32";

    @Override
    public Integer call() {
        throw new UnsupportedOperationException(String.join(" ", base, lora, batch, output, engine, precision));
    }
}
