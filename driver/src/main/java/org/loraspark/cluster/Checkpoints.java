package org.loraspark.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.config.OutputSettings;
import org.loraspark.config.TrainConfig;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.KohyaFile;
import org.loraspark.io.KohyaMetadata;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.Storage;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraWeights;
import org.loraspark.report.RoundMetrics;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.train.TrainState;

/**
 * The checkpoints of a run, one folder each, {@code NAME-step00000500}, which appears whole by a rename:
 *
 * <ul>
 *   <li>{@code adapter.safetensors}: the adapter in kohya's form, in fp32
 *   <li>{@code optimizer.safetensors}: {@code exp_avg} and {@code exp_avg_sq}, in the order of the run's layout
 *   <li>{@code state.json}: counters, what the run is, the rounds so far
 *   <li>{@code manifest.json}: see {@link Manifest}
 * </ul>
 */
final class Checkpoints {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ADAPTER = "adapter.safetensors";
    private static final String OPTIMIZER = "optimizer.safetensors";
    private static final String STATE = "state.json";

    private final Path folder;
    private final String name;
    private final int keep;
    private final Configuration conf;

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record StateFile(
            long step, long samples, RunIdentity identity, Map<String, String> length, List<RoundMetrics> rounds) {}

    private Checkpoints(Path outputDir, String name, int keep, Configuration conf) {
        this.folder = new Path(outputDir, "checkpoints");
        this.name = name;
        this.keep = keep;
        this.conf = conf;
    }

    static Checkpoints of(TrainConfig config, Configuration conf) {
        OutputSettings output = config.output();
        return new Checkpoints(new Path(output.dir()), output.name(), output.keepCheckpoints(), conf);
    }

    /** Writes one and removes those beyond the number to keep. */
    Path save(Checkpoint checkpoint) {
        TrainState state = checkpoint.state();
        Path target = new Path(folder, String.format("%s-step%08d", name, state.step()));
        AtomicFiles.writeFolder(target, conf, temporary -> {
            KohyaFile.write(
                    new Path(temporary, ADAPTER),
                    conf,
                    state.weights(),
                    DType.F32,
                    new KohyaMetadata().outputName(name).entry("ss_steps", Long.toString(state.step())));
            SafetensorsWriter.write(
                    new Path(temporary, OPTIMIZER),
                    conf,
                    Map.of(
                            "exp_avg",
                                    HostTensor.of(
                                            state.firstMoment(), state.layout().size()),
                            "exp_avg_sq",
                                    HostTensor.of(
                                            state.secondMoment(), state.layout().size())),
                    Map.of());
            AtomicFiles.write(
                    new Path(temporary, STATE),
                    conf,
                    JSON.writerWithDefaultPrettyPrinter()
                            .writeValueAsBytes(new StateFile(
                                    state.step(),
                                    state.samples(),
                                    checkpoint.identity(),
                                    checkpoint.length(),
                                    checkpoint.rounds())));
            Manifest.write(temporary, conf);
        });
        List<Path> all = list();
        all.subList(0, Math.max(0, all.size() - keep)).forEach(this::delete);
        return target;
    }

    /** This run's, the oldest first. */
    List<Path> list() {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Pattern pattern = Pattern.compile(Pattern.quote(name) + "-step\\d{8,}");
        try {
            if (!fileSystem.exists(folder)) {
                return List.of();
            }
            return Arrays.stream(fileSystem.listStatus(folder))
                    .filter(FileStatus::isDirectory)
                    .map(FileStatus::getPath)
                    .filter(path -> pattern.matcher(path.getName()).matches())
                    .sorted(Comparator.comparingLong(Checkpoints::step))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    Optional<Path> latest() {
        List<Path> all = list();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /** Whether a path is a checkpoint's folder, whole or not. */
    boolean isCheckpoint(Path path) {
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        try {
            return fileSystem.exists(new Path(path, STATE)) || fileSystem.exists(new Path(path, Manifest.FILE_NAME));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path, e);
        }
    }

    /**
     * @param layout of the run that goes on
     * @param identity of the run that goes on
     * @throws UserError when the checkpoint is damaged, naming the one before it, or is of another run
     */
    Checkpoint load(Path path, LoraLayout layout, RunIdentity identity) {
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        try {
            Optional<String> damage = Manifest.damage(path, conf);
            if (damage.isPresent()) {
                throw new UserError("the checkpoint " + path + " is damaged: " + damage.get() + "; " + otherThan(path));
            }
            StateFile file;
            try (InputStream in = fileSystem.open(new Path(path, STATE))) {
                file = JSON.readValue(in, StateFile.class);
            }
            List<String> differences = identity.differences(file.identity());
            if (!differences.isEmpty()) {
                throw new UserError("the checkpoint " + path + " is of another run, which differs in "
                        + String.join(", ", differences)
                        + "; give the run its old values, or continue from the finished adapter instead");
            }
            LoraWeights weights = LoraFiles.read(new Path(path, ADAPTER), conf).arrangedAs(layout);
            try (SafetensorsFile optimizer = SafetensorsFile.open(new Path(path, OPTIMIZER), conf)) {
                TrainState state = new TrainState(
                        weights,
                        optimizer.tensor("exp_avg").toFloats(),
                        optimizer.tensor("exp_avg_sq").toFloats(),
                        file.step(),
                        file.samples());
                return new Checkpoint(state, file.identity(), file.length(), file.rounds());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path, e);
        }
    }

    private String otherThan(Path damaged) {
        return list().stream()
                .filter(path -> step(path) < step(damaged))
                .reduce((older, newer) -> newer)
                .map(path -> "the one before it is train.resume-from = " + path)
                .orElse("there is none before it, start again without train.resume-from");
    }

    private static long step(Path path) {
        String digits = path.getName().replaceFirst("^.*-step(\\d+)$", "$1");
        return digits.matches("\\d+") ? Long.parseLong(digits) : Long.MAX_VALUE;
    }

    private void delete(Path path) {
        try {
            Storage.fileSystem(path, conf).delete(path, true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove the old checkpoint " + path, e);
        }
    }
}
