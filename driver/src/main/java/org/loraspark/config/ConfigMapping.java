package org.loraspark.config;

import java.util.List;
import java.util.function.DoublePredicate;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;

/** From a merged config to records: the range of each value, and the checks across values, stand here. */
final class ConfigMapping {
    private static final DoublePredicate SHARE = x -> x >= 0 && x < 1;
    private static final String SHARE_WORDS = "at least 0 and below 1";
    private static final List<String> PRECISIONS = List.of("fp32", "bf16", "fp16");
    private static final int MAX = Integer.MAX_VALUE;

    private final ConfigReader in;

    ConfigMapping(ConfigReader in) {
        this.in = in;
    }

    TrainConfig read() {
        DataConfig data = data();
        TrainConfig config = new TrainConfig(
                model(),
                data,
                lora(),
                train(),
                cluster(),
                in.requiredText("engine", "an engine or auto"),
                in.requiredPath("work.dir", "the folder of encoded pictures"),
                output(),
                preview(data.resolution()));
        check(config);
        return config;
    }

    private ModelConfig model() {
        return new ModelConfig(
                in.requiredPath("model.base", "the base model, a diffusers folder or a .safetensors file"),
                in.integer("model.clip-skip", 1, 12));
    }

    private DataConfig data() {
        return new DataConfig(
                in.requiredPath("data.dir", "the folder of captioned pictures"),
                in.path("data.captions"),
                in.resolution("data.resolution"),
                in.integer("data.repeats", 1, MAX),
                in.number("data.validation-split", SHARE, SHARE_WORDS),
                in.path("data.validation-dir"),
                in.flag("data.flip"),
                in.flag("data.shuffle-captions"),
                in.integer("data.keep-tokens", 0, MAX),
                in.number("data.caption-dropout", SHARE, SHARE_WORDS),
                in.text("data.caption-prefix"),
                in.text("data.caption-suffix"),
                in.flag("data.skip-invalid"),
                in.oneOf("data.latent-sample", List.of("sample", "mean")));
    }

    private LoraSettings lora() {
        return new LoraSettings(
                in.integer("lora.rank", 1, 4096),
                in.number("lora.alpha", x -> x > 0, "above 0"),
                in.number("lora.dropout", SHARE, SHARE_WORDS),
                in.flag("lora.text-encoder"),
                in.flag("lora.rslora"));
    }

    private TrainSettings train() {
        List<Double> betas = betas();
        int warmup = in.integer("train.warmup-steps", 0, MAX);
        String scheduler = in.oneOf(
                "train.lr-scheduler",
                List.of("constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts"));
        return new TrainSettings(
                in.integer("train.epochs", 1, MAX),
                in.integer("train.max-steps", 0, MAX),
                in.integer("train.batch-size", 1, 4096),
                in.integer("train.gradient-accumulation-steps", 1, MAX),
                in.flag("train.gradient-checkpointing"),
                in.number("train.learning-rate", x -> x > 0, "above 0"),
                in.number("train.text-encoder-learning-rate", x -> x >= 0, "at least 0"),
                scheduler.equals("constant") && warmup > 0 ? "constant_with_warmup" : scheduler,
                in.integer("train.lr-cycles", 1, MAX),
                warmup,
                in.oneOf("train.optimizer", List.of("adamw")),
                in.number("train.weight-decay", x -> x >= 0, "at least 0"),
                betas.get(0),
                betas.get(1),
                in.number("train.epsilon", x -> x > 0, "above 0"),
                in.number("train.max-grad-norm", x -> x >= 0, "at least 0 (0 switches clipping off)"),
                precision("train.precision"),
                in.longInteger("train.seed", 0, Long.MAX_VALUE),
                in.path("train.resume-from"));
    }

    private ClusterSettings cluster() {
        return new ClusterSettings(
                in.integer("cluster.workers", 1, 100_000),
                in.integer("cluster.sync-every-steps", 0, MAX),
                in.oneOf("cluster.merge", List.of("average")));
    }

    private OutputSettings output() {
        String name = in.requiredText("output.name", "the adapter's file name");
        if (name.contains("/") || name.contains("\\") || name.startsWith(".")) {
            throw in.bad("output.name", "a file name without folders; the folder is output.dir");
        }
        List<String> formats = in.texts("output.formats");
        if (formats.isEmpty() || !List.of("kohya", "peft").containsAll(formats)) {
            throw in.bad("output.formats", "a list of kohya and peft");
        }
        return new OutputSettings(
                in.requiredPath("output.dir", "the folder of the results"),
                name,
                in.integer("output.save-steps", 0, MAX),
                in.integer("output.keep-checkpoints", 1, MAX),
                precision("output.precision"),
                formats);
    }

    private PreviewSettings preview(Resolution training) {
        return new PreviewSettings(
                in.texts("preview.prompts"),
                in.text("preview.negative"),
                in.integer("preview.steps", 1, 1000),
                in.number("preview.guidance", x -> x >= 0, "at least 0"),
                in.oneOf("preview.sampler", List.of("ddim", "euler_a", "dpmpp_2m")),
                new Resolution(
                        in.size("preview.width", training.width()), in.size("preview.height", training.height())),
                in.longInteger("preview.seed", 0, Long.MAX_VALUE),
                in.integer("preview.every-rounds", 0, MAX));
    }

    private DType precision(String key) {
        return switch (in.oneOf(key, PRECISIONS)) {
            case "bf16" -> DType.BF16;
            case "fp16" -> DType.F16;
            default -> DType.F32;
        };
    }

    private List<Double> betas() {
        String allowed = "two numbers, each at least 0 and below 1, such as [0.9, 0.999]";
        try {
            List<Double> betas =
                    in.texts("train.betas").stream().map(Double::valueOf).toList();
            if (betas.size() == 2 && betas.stream().allMatch(SHARE::test)) {
                return betas;
            }
        } catch (NumberFormatException e) {
            throw in.bad("train.betas", allowed);
        }
        throw in.bad("train.betas", allowed);
    }

    private void check(TrainConfig config) {
        if (!config.data().validationDir().isEmpty() && config.data().validationSplit() > 0) {
            throw new UserError("data.validation-dir and data.validation-split (" + in.origin("data.validation-split")
                    + ") are both set; keep one of them");
        }
        int maxSteps = config.train().maxSteps();
        if (maxSteps > 0) {
            config.train().requireWarmupWithin(maxSteps);
        }
    }
}
