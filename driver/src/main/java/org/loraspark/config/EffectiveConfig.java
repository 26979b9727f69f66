package org.loraspark.config;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.tensor.DType;

/** The config that a run really used, every key written out; {@link ConfigLoader} reads it back to the same records. */
public final class EffectiveConfig {
    private EffectiveConfig() {}

    /** HOCON, one {@code key = value} a line, in the order of {@code defaults.conf}. */
    public static String render(TrainConfig config) {
        Map<String, Object> values = values(config);
        StringBuilder text = new StringBuilder();
        for (String key : ConfigReference.keys()) {
            text.append(key)
                    .append(" = ")
                    .append(ConfigValueFactory.fromAnyRef(values.get(key)).render(ConfigRenderOptions.concise()))
                    .append('\n');
        }
        return text.toString();
    }

    /** SHA-256 over {@link #render}, in hex. */
    public static String hash(TrainConfig config) {
        try {
            byte[] text = render(config).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every key with its value: whole numbers, doubles, booleans, texts and lists of them. */
    public static Map<String, Object> values(TrainConfig config) {
        Map<String, Object> v = new LinkedHashMap<>();
        v.put("model.base", config.model().base());
        v.put("model.clip-skip", config.model().clipSkip());
        DataConfig data = config.data();
        v.put("data.dir", data.dir());
        v.put("data.captions", data.captions());
        v.put(
                "data.resolution",
                List.of(data.resolution().width(), data.resolution().height()));
        v.put("data.repeats", data.repeats());
        v.put("data.validation-split", data.validationSplit());
        v.put("data.validation-dir", data.validationDir());
        v.put("data.flip", data.flip());
        v.put("data.shuffle-captions", data.shuffleCaptions());
        v.put("data.keep-tokens", data.keepTokens());
        v.put("data.caption-dropout", data.captionDropout());
        v.put("data.caption-prefix", data.captionPrefix());
        v.put("data.caption-suffix", data.captionSuffix());
        v.put("data.skip-invalid", data.skipInvalid());
        v.put("data.latent-sample", data.latentSample());
        LoraSettings lora = config.lora();
        v.put("lora.rank", lora.rank());
        v.put("lora.alpha", lora.alpha());
        v.put("lora.dropout", lora.dropout());
        v.put("lora.text-encoder", lora.textEncoder());
        v.put("lora.rslora", lora.rslora());
        TrainSettings train = config.train();
        v.put("train.epochs", train.epochs());
        v.put("train.max-steps", train.maxSteps());
        v.put("train.batch-size", train.batchSize());
        v.put("train.gradient-accumulation-steps", train.gradientAccumulationSteps());
        v.put("train.gradient-checkpointing", train.gradientCheckpointing());
        v.put("train.learning-rate", train.learningRate());
        v.put("train.text-encoder-learning-rate", train.textEncoderLearningRate());
        v.put("train.lr-scheduler", train.lrScheduler());
        v.put("train.lr-cycles", train.lrCycles());
        v.put("train.warmup-steps", train.warmupSteps());
        v.put("train.optimizer", train.optimizer());
        v.put("train.weight-decay", train.weightDecay());
        v.put("train.betas", List.of(train.beta1(), train.beta2()));
        v.put("train.epsilon", train.epsilon());
        v.put("train.max-grad-norm", train.maxGradNorm());
        v.put("train.precision", precision(train.precision()));
        v.put("train.seed", train.seed());
        v.put("train.resume-from", train.resumeFrom());
        v.put("cluster.workers", config.cluster().workers());
        v.put("cluster.sync-every-steps", config.cluster().syncEverySteps());
        v.put("cluster.merge", config.cluster().merge());
        v.put("engine", config.engine());
        v.put("work.dir", config.workDir());
        OutputSettings output = config.output();
        v.put("output.dir", output.dir());
        v.put("output.name", output.name());
        v.put("output.save-steps", output.saveSteps());
        v.put("output.keep-checkpoints", output.keepCheckpoints());
        v.put("output.precision", precision(output.precision()));
        v.put("output.formats", output.formats());
        PreviewSettings preview = config.preview();
        v.put("preview.prompts", preview.prompts());
        v.put("preview.negative", preview.negative());
        v.put("preview.steps", preview.steps());
        v.put("preview.guidance", preview.guidance());
        v.put("preview.sampler", preview.sampler());
        v.put("preview.width", preview.size().width());
        v.put("preview.height", preview.size().height());
        v.put("preview.seed", preview.seed());
        v.put("preview.every-rounds", preview.everyRounds());
        return v;
    }

    private static String precision(DType type) {
        return switch (type) {
            case BF16 -> "bf16";
            case F16 -> "fp16";
            default -> "fp32";
        };
    }
}
