package org.loraspark.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.UserError;
import org.loraspark.config.LoraSettings;
import org.loraspark.config.TrainConfig;
import org.loraspark.data.Dataset;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.data.ScanOptions;
import org.loraspark.data.ValidationSplit;
import org.loraspark.io.LoraFile;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.Storage;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraInit;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.Engines;
import org.loraspark.train.StepPlan;
import org.loraspark.train.TrainState;

/** Makes a {@link Plan}: looks at config, base model, data and what the run goes on from, and refuses what cannot work. */
final class Planner {
    /** The rank of {@code defaults.conf}: a config that has it lets the adapter that it goes on from choose. */
    private static final int DEFAULT_RANK = 16;

    private final JavaSparkContext spark;
    private final Configuration conf;
    private final Findings findings;
    private final List<String> notes = new ArrayList<>();
    private TrainConfig config;
    private boolean continuing;

    private record Pictures(List<Picture> training, List<Picture> heldOut, List<Problem> skipped) {}

    Planner(JavaSparkContext spark, TrainConfig config, Findings findings) {
        this.spark = spark;
        this.conf = spark.hadoopConfiguration();
        this.config = config;
        this.findings = findings;
    }

    /** The run goes on from its own last checkpoint, where it has one, whatever it began with. */
    Planner continuing() {
        continuing = true;
        return this;
    }

    Plan plan() {
        Checkpoints checkpoints = Checkpoints.of(config, conf);
        BaseModel base = findings.base(config.model().base());
        Pictures pictures = pictures();
        noteLongCaptions(base, pictures.training());
        StepPlan steps = Plan.steps(config, pictures.training());
        Optional<Path> resumed = resumed(checkpoints);
        Optional<LoraFile> adapter =
                resumed.filter(path -> !checkpoints.isCheckpoint(path)).map(path -> LoraFiles.read(path, conf));
        adapter.ifPresent(this::takeRank);
        LoraSettings lora = config.lora();
        LoraLayout layout = base.loraLayout(
                new LoraConfig(lora.rank(), lora.alpha(), lora.dropout(), lora.rslora()), lora.textEncoder());
        WorkerSetup setup = new WorkerSetup(
                Storage.qualified(base.path(), conf).toString(),
                base.contentHash(),
                config.engine(),
                config.train().precision(),
                config.train().gradientCheckpointing(),
                new SerializableConfiguration(conf));
        RunIdentity identity = RunIdentity.of(config, setup.baseHash(), hash(pictures));
        Checkpoint start = adapter.map(file -> fresh(file.arrangedAs(layout), identity))
                .or(() -> resumed.map(path -> goOn(checkpoints.load(path, layout, identity), steps)))
                .orElseGet(() -> fresh(LoraInit.weights(layout, config.train().seed()), identity));
        EncodeSettings encode = new EncodeSettings(
                base.vaeHash(),
                config.data().resolution().width(),
                config.data().resolution().height(),
                config.data().flip());
        requireRoom(layout, pictures);
        SpeedProbe.Result speed = findings.speed(config, base, setup, layout);
        if (config.engine().equals("auto")) {
            notes.addAll(Engines.passedOver(speed.engine()));
        }
        if (speed.compute() != config.train().precision()) {
            notes.add("engine " + speed.engine() + " has no " + config.train().precision() + " here and computes in "
                    + speed.compute());
        }
        CostEstimate cost = findings.cost(config, base, layout, speed.compute());
        return new Plan(
                config,
                setup,
                base.describe(),
                layout,
                pictures.training(),
                pictures.heldOut(),
                pictures.skipped(),
                encode,
                steps,
                start,
                cost,
                speed,
                Slots.of(spark),
                notes);
    }

    private Pictures pictures() {
        var data = config.data();
        Dataset all =
                findings.pictures(data.dir(), new ScanOptions(data.captions(), data.repeats(), data.skipInvalid()));
        List<Problem> skipped = new ArrayList<>(all.skipped());
        if (!data.validationDir().isEmpty()) {
            Dataset heldOut = findings.pictures(data.validationDir(), new ScanOptions("", 1, data.skipInvalid()));
            skipped.addAll(heldOut.skipped());
            return new Pictures(all.pictures(), heldOut.pictures(), skipped);
        }
        ValidationSplit split = ValidationSplit.of(
                all.pictures(), data.validationSplit(), config.train().seed());
        return new Pictures(split.training(), split.validation(), skipped);
    }

    private void noteLongCaptions(BaseModel base, List<Picture> pictures) {
        List<String> cut = findings.longCaptions(base, config.data(), pictures);
        if (!cut.isEmpty()) {
            notes.add(cut.size() + " captions are longer than the 75 tokens that the model reads, the first is that"
                    + " of " + cut.get(0));
        }
    }

    /** What {@code train.resume-from} names: a checkpoint or an adapter; {@code latest} is this run's last checkpoint. */
    private Optional<Path> resumed(Checkpoints checkpoints) {
        Optional<Path> own = continuing ? checkpoints.latest() : Optional.empty();
        if (own.isPresent()) {
            return own;
        }
        String from = config.train().resumeFrom();
        if (from.isEmpty()) {
            return Optional.empty();
        }
        if (new Path(from).getName().equals("latest")) {
            Optional<Path> latest = checkpoints.latest();
            if (latest.isEmpty()) {
                notes.add("no checkpoint to go on from yet, so the run starts at the beginning");
            }
            return latest;
        }
        return Optional.of(new Path(from));
    }

    private void takeRank(LoraFile file) {
        LoraModule first = file.weights().layout().modules().get(0);
        LoraSettings lora = config.lora();
        if (lora.rank() == DEFAULT_RANK && first.rank() != DEFAULT_RANK) {
            notes.add("rank " + first.rank() + " and alpha " + first.alpha() + " are those of " + file.path());
            config = new TrainConfig(
                    config.model(),
                    config.data(),
                    new LoraSettings(first.rank(), first.alpha(), lora.dropout(), lora.textEncoder(), false),
                    config.train(),
                    config.cluster(),
                    config.engine(),
                    config.workDir(),
                    config.output(),
                    config.preview());
        } else if (lora.rank() != first.rank()) {
            throw new UserError(file.path() + " has rank " + first.rank() + ", the config asks for lora.rank = "
                    + lora.rank() + "; take the same rank, or resize the adapter first");
        }
    }

    private Checkpoint fresh(LoraWeights weights, RunIdentity identity) {
        return new Checkpoint(TrainState.start(weights), identity, RunIdentity.length(config), List.of());
    }

    private Checkpoint goOn(Checkpoint saved, StepPlan steps) {
        Map<String, String> length = RunIdentity.length(config);
        if (!length.equals(saved.length()) && !config.train().lrScheduler().startsWith("constant")) {
            notes.add("the run is " + length + " and was " + saved.length() + " before, so that the "
                    + config.train().lrScheduler() + " schedule gives other learning rates from here on");
        }
        if (saved.state().step() >= steps.totalSteps()) {
            notes.add("the checkpoint is at step " + saved.state().step() + " of " + steps.totalSteps()
                    + ": nothing is left to train; raise train.epochs to go on");
        }
        return new Checkpoint(saved.state(), saved.identity(), length, saved.rounds());
    }

    private void requireRoom(LoraLayout layout, Pictures pictures) {
        long adapter = 4L * layout.size();
        var output = config.output();
        findings.requireWritable(
                "output.dir", new Path(output.dir()), adapter * (3L * (output.keepCheckpoints() + 1) + 2));
        var resolution = config.data().resolution();
        long latent = 2L * 4 * 4 * (resolution.width() / 8) * (resolution.height() / 8);
        long count = pictures.training().size() + pictures.heldOut().size();
        findings.requireWritable(
                "work.dir",
                new Path(config.workDir()),
                count * latent * (config.data().flip() ? 2 : 1));
    }

    private static String hash(Pictures pictures) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (List<Picture> part : List.of(pictures.training(), pictures.heldOut())) {
                digest.update((byte) 0);
                for (Picture p : part) {
                    String line = p.name() + "\t" + p.length() + "\t" + p.repeats() + "\t" + p.caption() + "\n";
                    digest.update(line.getBytes(StandardCharsets.UTF_8));
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
