package org.loraspark.benchmark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;

/**
 * A line of the benchmark's table. Stable Diffusion 1.5: pictures of 512x512, rank 8 on all 192 modules of the UNet. BLIP
 * base: pictures of 384x384, captions of exactly 20 tokens; their figures are a picture's.
 */
public enum BenchmarkCase {
    TRAIN_BF16("train-step-bf16-b1", Kind.TRAINING, DType.BF16, 1, new Goal(3.0, 5.0, 0)),
    TRAIN_BF16_COMPILED("train-step-bf16-b1-compiled", Kind.TRAINING, DType.BF16, 1, new Goal(2.7, 5.0, 0)),
    TRAIN_BF16_CHECKPOINTING("train-step-bf16-b1-checkpointing", Kind.TRAINING, DType.BF16, 1, new Goal(0, 3.6, 0)),
    TRAIN_FP32("train-step-fp32-b1", Kind.TRAINING, DType.F32, 1, new Goal(1.3, 0, 0)),
    TRAIN_BF16_BATCH_4("train-step-bf16-b4", Kind.TRAINING, DType.BF16, 4, new Goal(3.0, 0, 0)),
    VAE_ENCODE("vae-encode", Kind.VAE_ENCODE, DType.BF16, 1, new Goal(2.0, 0, 0)),
    VAE_DECODE("vae-decode", Kind.VAE_DECODE, DType.BF16, 1, new Goal(2.0, 0, 0)),
    UNET_FORWARD("unet-forward-b2", Kind.UNET_FORWARD, DType.BF16, 2, new Goal(2.5, 0, 0)),
    START_UP("start-up", Kind.START_UP, DType.BF16, 1, new Goal(0, 0, 15)),
    TWO_WORKERS("two-workers", Kind.TWO_WORKERS, DType.BF16, 1, new Goal(0.9, 0, 0)),
    CAPTION_GREEDY_BATCH_8("caption-greedy-b8", Kind.CAPTION_GREEDY, DType.BF16, 8, new Goal(3.0, 3.0, 0)),
    CAPTION_BEAMS_BATCH_8("caption-beams3-b8", Kind.CAPTION_BEAMS, DType.BF16, 8, new Goal(3.0, 3.0, 0)),
    CAPTION_GREEDY("caption-greedy-b1", Kind.CAPTION_GREEDY, DType.BF16, 1, new Goal(1.5, 3.0, 0)),
    CAPTION_BEAMS("caption-beams3-b1", Kind.CAPTION_BEAMS, DType.BF16, 1, new Goal(1.5, 3.0, 0)),
    CAPTION_GREEDY_BATCH_8_FP32("caption-greedy-b8-fp32", Kind.CAPTION_GREEDY, DType.F32, 8, new Goal(0, 3.0, 0)),
    CAPTION_BEAMS_BATCH_8_FP32("caption-beams3-b8-fp32", Kind.CAPTION_BEAMS, DType.F32, 8, new Goal(0, 3.0, 0)),
    CAPTION_VISION("caption-vision-b1", Kind.CAPTION_VISION, DType.BF16, 1, new Goal(0, 0, 0));

    /** What is measured. */
    enum Kind {
        TRAINING,
        VAE_ENCODE,
        VAE_DECODE,
        UNET_FORWARD,
        /** From the start of the process to the end of its first training step. */
        START_UP,
        /** A picture of two workers with a core each, beside one of one worker with two. */
        TWO_WORKERS,
        CAPTION_GREEDY,
        /** With 3 beams. */
        CAPTION_BEAMS,
        /** The captioner's vision tower alone. */
        CAPTION_VISION;

        boolean isCaptioner() {
            return this == CAPTION_GREEDY || this == CAPTION_BEAMS || this == CAPTION_VISION;
        }

        /** Whether another trainer does the same in its own process. */
        boolean hasPeer() {
            return this != START_UP && this != TWO_WORKERS;
        }
    }

    /**
     * What should be reached; 0 where nothing is asked.
     *
     * @param ratio the other's seconds over ours, at least
     * @param peakGib resident memory of our process, at most
     * @param seconds at most
     */
    record Goal(double ratio, double peakGib, double seconds) {
        String words() {
            StringBuilder words = new StringBuilder();
            add(words, ratio, ">= %.1fx");
            add(words, peakGib, "<= %.1f GiB");
            add(words, seconds, "<= %.0f s");
            return words.toString();
        }

        private static void add(StringBuilder words, double value, String format) {
            if (value > 0) {
                words.append(words.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, format, value));
            }
        }
    }

    private final String title;
    private final Kind kind;
    private final DType precision;
    private final int batch;
    private final Goal goal;

    BenchmarkCase(String title, Kind kind, DType precision, int batch, Goal goal) {
        this.title = title;
        this.kind = kind;
        this.precision = precision;
        this.batch = batch;
        this.goal = goal;
    }

    public static BenchmarkCase named(String title) {
        return Arrays.stream(values())
                .filter(c -> c.title.equals(title))
                .findFirst()
                .orElseThrow(() ->
                        new UserError("unknown benchmark case '" + title + "'; known: " + String.join(", ", titles())));
    }

    public static List<String> titles() {
        return Arrays.stream(values()).map(BenchmarkCase::title).collect(Collectors.toList());
    }

    public String title() {
        return title;
    }

    Kind kind() {
        return kind;
    }

    boolean checkpointing() {
        return this == TRAIN_BF16_CHECKPOINTING;
    }

    DType precision() {
        return precision;
    }

    int batch() {
        return batch;
    }

    /** Pictures that share the time of a step; 1 where the figure is a step's. */
    int pictures() {
        return kind.isCaptioner() ? batch : 1;
    }

    Goal goal() {
        return goal;
    }
}
