package org.loraspark.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Pictures from a base model and adapters. */
@Command(
        name = "sample",
        description = "Makes a picture from a base model and adapters named in the prompt.",
        footer = {
            "  lora-spark sample --base sd15.safetensors --lora-dir output \\",
            "    --prompt \"a castle <lora:style:0.8>\" --output castle.png --seed 7",
            "  lora-spark sample --base conf/demo/base --lora-dir output/quickstart --guidance 2.5 --output star.png \\",
            "    --prompt \"a big red star on a blue background, outline style <lora:outline-style:1>\""
        })
final class SampleCommand implements Callable<Integer> {
    @Option(
            names = "--base",
            required = true,
            paramLabel = "MODEL",
            description = "Diffusers folder or .safetensors file.")
    private String base;

    @Option(
            names = "--lora-dir",
            paramLabel = "DIR",
            description = "Where <lora:name:weight> looks for name.safetensors.")
    private String loraDir;

    @Option(
            names = "--prompt",
            required = true,
            paramLabel = "TEXT",
            description = "With any number of <lora:name:weight>.")
    private String prompt;

    @Option(names = "--negative", paramLabel = "TEXT", description = "What the picture should not show.")
    private String negative = "";

    @Option(names = "--output", required = true, paramLabel = "FILE.png", description = "The picture.")
    private String output;

    @Option(names = "--steps", paramLabel = "N", description = "Denoising steps (default: ${DEFAULT-VALUE}).")
    private int steps = 25;

    @Option(names = "--guidance", paramLabel = "X", description = "Guidance scale (default: ${DEFAULT-VALUE}).")
    private double guidance = 7.5;

    @Option(
            names = "--sampler",
            paramLabel = "NAME",
            description = "ddim, euler_a or dpmpp_2m (default: ${DEFAULT-VALUE}).")
    private String sampler = "ddim";

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the noise (default: ${DEFAULT-VALUE}).")
    private long seed = 42;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Pixels, a multiple of 8 (default: the model's own size).")
    private int width;

    @Option(
            names = "--height",
            paramLabel = "N",
            description = "Pixels, a multiple of 8 (default: the model's own size).")
    private int height;

    @Option(
            names = "--clip-skip",
            paramLabel = "N",
            description = "Text encoder layer from the top (default: ${DEFAULT-VALUE}).")
    private int clipSkip = 1;

    @Option(names = "--engine", paramLabel = "NAME", description = "Engine (default: ${DEFAULT-VALUE}).")
    private String engine = "auto";

    @Option(names = "--precision", paramLabel = "P", description = "fp32, bf16 or fp16 (default: ${DEFAULT-VALUE}).")
    private String precision = "fp32";

    @Override
    public Integer call() {
        throw new UnsupportedOperationException(
                String.join(" ", base, loraDir, prompt, negative, output, sampler, engine, precision)
                        + steps
                        + guidance
                        + seed
                        + width
                        + height
                        + clipSkip);
    }
}
