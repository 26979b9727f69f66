package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.UserError;
import org.loraspark.cluster.TaskResources;
import org.loraspark.cluster.WorkerProcess;
import org.loraspark.cluster.WorkerSetup;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraLayout;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;
import org.loraspark.tensor.profile.KernelKind;
import org.loraspark.tensor.profile.Profile;
import org.loraspark.tensor.profile.ProfilingEngine;

/**
 * The process of one case: a worker or a captioner as the cluster makes it, and nothing else. It obeys the lines of
 * {@link LineTurns}; after {@code profile} it makes a few more steps on an engine with a clock and answers {@code profile
 * JSON}.
 */
public final class CaseProcess {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int RANK = 8;

    private CaseProcess() {}

    /** @param args case, model, engine */
    public static void main(String[] args) {
        PrintStream answers = System.out;
        // What libraries print must not stand between the answers.
        System.setOut(System.err);
        try {
            work(BenchmarkCase.named(args[0]), args[1], args[2], answers);
        } catch (UserError e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
        System.exit(0);
    }

    private static void work(BenchmarkCase benchmarkCase, String model, String engine, PrintStream answers) {
        if (benchmarkCase.kind().isCaptioner()) {
            EngineOptions options = TaskResources.options(benchmarkCase.precision());
            try (Engine own = Engines.provider(engine).open(options)) {
                takeTurns(own, CaptionWork.of(benchmarkCase, new Path(model)), answers);
            }
            return;
        }
        WorkerSetup setup = new WorkerSetup(
                model,
                "",
                engine,
                benchmarkCase.precision(),
                benchmarkCase.checkpointing(),
                new SerializableConfiguration(new Configuration()));
        WorkerProcess.use(setup, lease -> {
            takeTurns(lease.engine(), work(benchmarkCase, model, lease), answers);
            return null;
        });
    }

    private static void takeTurns(Engine engine, CaseWork work, PrintStream answers) {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        LineTurns turns = new LineTurns(orders, answers, ready(engine));
        run(() -> work.run(engine, turns));
        if (turns.profileWanted()) {
            ProfilingEngine profiling = new ProfilingEngine(engine);
            ProfiledTurns profiled = new ProfiledTurns(profiling, work instanceof TrainingWork);
            run(() -> work.run(profiling, profiled));
            turns.answer("profile " + json(profiled.profile()));
        }
    }

    private static void run(Runnable work) {
        try {
            work.run();
        } catch (Turns.Over e) {
            return;
        }
    }

    private static CaseWork work(BenchmarkCase benchmarkCase, String base, WorkerProcess.Lease lease) {
        try (BaseModel model = BaseModel.open(new Path(base), new Configuration())) {
            int side = model.unetConfig().sampleSize();
            return switch (benchmarkCase.kind()) {
                case TRAINING, START_UP, TWO_WORKERS -> {
                    LoraLayout layout = model.loraLayout(new LoraConfig(RANK, RANK, 0, false), false);
                    yield new TrainingWork(
                            lease.model(1),
                            layout,
                            lease.tokenizer(),
                            benchmarkCase.batch(),
                            benchmarkCase.checkpointing());
                }
                case VAE_ENCODE -> PassWork.encode(lease.vae(), side);
                case VAE_DECODE -> PassWork.decode(lease.vae(), side);
                case UNET_FORWARD ->
                    PassWork.denoise(
                            lease.model(1).unet(),
                            benchmarkCase.batch(),
                            model.textEncoderConfig().maxPositions());
                case CAPTION_GREEDY, CAPTION_BEAMS, CAPTION_VISION ->
                    throw new IllegalArgumentException(benchmarkCase + " has no base model");
            };
        }
    }

    private static ObjectNode ready(Engine engine) {
        return JSON.createObjectNode()
                .put("engine", engine.name())
                .put("precision", engine.compute().name())
                .put("threads", Runtime.getRuntime().availableProcessors());
    }

    private static ObjectNode json(Profile profile) {
        ObjectNode kinds = JSON.createObjectNode();
        for (KernelKind kind : KernelKind.values()) {
            Profile.Cost cost = profile.kinds().get(kind);
            kinds.putObject(kind.title())
                    .put("calls", cost.calls())
                    .put("seconds", cost.seconds())
                    .put("flops", cost.flops());
        }
        return JSON.createObjectNode()
                .put("seconds", profile.seconds())
                .put("flops", profile.flops())
                .set("kinds", kinds);
    }
}
