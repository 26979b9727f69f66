package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.config.TrainConfig;
import org.loraspark.data.Picture;
import org.loraspark.io.KohyaFile;
import org.loraspark.io.KohyaMetadata;
import org.loraspark.io.ModelHash;
import org.loraspark.io.PeftFile;
import org.loraspark.train.TrainState;

/** Writes the finished adapter in the forms that the config asks for; an older one is replaced at once and at the end. */
final class AdapterExport {
    private final Plan plan;
    private final Configuration conf;

    AdapterExport(Plan plan, Configuration conf) {
        this.plan = plan;
        this.conf = conf;
    }

    /** @return the paths written, kohya's form first */
    List<Path> write(TrainState state) {
        var output = plan.config().output();
        Path folder = new Path(output.dir());
        List<Path> written = new ArrayList<>();
        if (output.formats().contains("kohya")) {
            Path file = new Path(folder, output.name() + ".safetensors");
            KohyaFile.write(file, conf, state.weights(), output.precision(), metadata(state));
            written.add(file);
        }
        if (output.formats().contains("peft")) {
            Path file = new Path(folder, output.name() + "-peft/" + PeftFile.FILE_NAME);
            PeftFile.write(file, conf, state.weights(), output.precision());
            written.add(file);
        }
        return written;
    }

    private KohyaMetadata metadata(TrainState state) {
        TrainConfig config = plan.config();
        var train = config.train();
        Path base = new Path(config.model().base());
        int workers = config.cluster().workers();
        int epochs = Math.toIntExact((plan.steps().totalSteps() + plan.steps().stepsPerEpoch() - 1)
                / plan.steps().stepsPerEpoch());
        KohyaMetadata metadata = new KohyaMetadata()
                .outputName(config.output().name())
                .baseModel(base.getName())
                .learningRates(train.learningRate(), config.lora().textEncoder() ? train.textEncoderLearningRate() : 0)
                .steps(state.step(), plan.steps().totalSteps())
                .epochs(epochs, epochs)
                .batch(
                        train.batchSize(),
                        train.gradientAccumulationSteps(),
                        train.batchSize() * train.gradientAccumulationSteps() * workers)
                .optimizer(
                        String.format(
                                Locale.ROOT,
                                "torch.optim.adamw.AdamW(weight_decay=%s,betas=(%s, %s),eps=%s)",
                                train.weightDecay(),
                                train.beta1(),
                                train.beta2(),
                                train.epsilon()),
                        train.maxGradNorm())
                .scheduler(train.lrScheduler(), train.warmupSteps())
                .seed(train.seed())
                .mixedPrecision(
                        switch (plan.speed().compute()) {
                            case F16 -> "fp16";
                            case BF16 -> "bf16";
                            default -> "no";
                        })
                .networkDropout(config.lora().dropout())
                .clipSkip(config.model().clipSkip())
                .resolution(
                        config.data().resolution().width(),
                        config.data().resolution().height())
                .entry("ss_num_train_images", Long.toString(plan.visits()))
                .entry("loraspark.workers", Integer.toString(workers))
                .entry("loraspark.steps_per_round", Long.toString(plan.steps().stepsPerRound()))
                .entry("loraspark.samples", Long.toString(state.samples()));
        if (base.getName().endsWith(".safetensors")) {
            metadata.baseModelHash(ModelHash.of(base, conf));
        }
        folders()
                .forEach((name, pictures) -> metadata.dataset(
                        name,
                        pictures.get(0).repeats(),
                        pictures.size(),
                        KohyaMetadata.tagFrequency(
                                pictures.stream().map(Picture::caption).toList())));
        return metadata;
    }

    /** The training pictures by sub-folder; a flat folder goes by its own name. */
    private Map<String, List<Picture>> folders() {
        String top = new Path(plan.config().data().dir()).getName();
        Map<String, List<Picture>> folders = new TreeMap<>();
        for (Picture picture : plan.training()) {
            int slash = picture.name().indexOf('/');
            String folder = slash < 0 ? top : picture.name().substring(0, slash);
            folders.computeIfAbsent(folder, f -> new ArrayList<>()).add(picture);
        }
        return folders;
    }
}
