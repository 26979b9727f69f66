package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;
import org.loraspark.cluster.ComputeThreads;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.cluster.TaskResources;
import org.loraspark.infer.BlipCaptioner;
import org.loraspark.infer.CaptionModel;
import org.loraspark.infer.CaptionRequest;
import org.loraspark.infer.Captioner;
import org.loraspark.infer.JoinedCaptioner;
import org.loraspark.infer.Wd14Tagger;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The captioners of this process, opened once with all cores that the process has. Where tasks come in pairs there are two
 * with half of the cores each, on the same weights: while one looks at its pictures, which is all arithmetic, the other
 * writes, which is all reading of weights. They outlive the tasks; those that no task uses are closed when other settings
 * are asked for.
 */
final class CaptionerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(CaptionerProcess.class);
    private static final Map<CaptionSettings, Shared> OPEN = new HashMap<>();

    private CaptionerProcess() {}

    private static final class Shared {
        private final List<Engine> engines = new ArrayList<>();
        private final List<Captioner> models = new ArrayList<>();
        private final BlockingQueue<Captioner> free = new LinkedBlockingQueue<>();
        private int leases;

        /** @param options of each captioner that may work at one time; of more than one only where BLIP is alone */
        Shared(CaptionSettings settings, Configuration conf, List<EngineOptions> options) {
            try {
                for (CaptionModel model : settings.models()) {
                    models.add(open(model, settings, conf, options.get(0)));
                }
                free.add(new JoinedCaptioner(models));
                for (EngineOptions others : options.subList(1, options.size())) {
                    free.add(((BlipCaptioner) models.get(0)).on(engine(settings, others)));
                }
            } catch (RuntimeException e) {
                close();
                throw e;
            }
        }

        private Captioner open(
                CaptionModel model, CaptionSettings settings, Configuration conf, EngineOptions options) {
            Path folder = new Path(model.folder());
            return switch (model.kind()) {
                case BLIP -> BlipCaptioner.open(folder, conf, engine(settings, options), settings.blip());
                case WD14 -> Wd14Tagger.open(folder, conf, options.threads(), settings.tagger());
            };
        }

        private Engine engine(CaptionSettings settings, EngineOptions options) {
            Engine engine = Engines.provider(settings.engine()).open(options);
            if (engine.compute() != settings.precision() && engines.isEmpty()) {
                LOG.warn(
                        "engine {} computes in {} here, not in {}",
                        engine.name(),
                        engine.compute(),
                        settings.precision());
            }
            engines.add(engine);
            return engine;
        }

        List<String> describe(List<CaptionRequest> pictures) {
            Captioner captioner = take();
            try {
                return ComputeThreads.run(() -> captioner.describe(pictures));
            } finally {
                free.add(captioner);
            }
        }

        private Captioner take() {
            try {
                return free.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("stopped while other pictures were captioned", e);
            }
        }

        void close() {
            models.forEach(Captioner::close);
            engines.forEach(Engine::close);
        }
    }

    /** The process's captioner, for the calling task; to be closed by it. */
    static Lease lease(CaptionSettings settings, Configuration conf) {
        List<EngineOptions> options = ofProcess(settings);
        synchronized (OPEN) {
            closeIdle(settings);
            Shared shared = OPEN.computeIfAbsent(settings, s -> ComputeThreads.run(() -> new Shared(s, conf, options)));
            shared.leases++;
            return new Lease(shared);
        }
    }

    private static void closeIdle(CaptionSettings wanted) {
        Iterator<Map.Entry<CaptionSettings, Shared>> entries = OPEN.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<CaptionSettings, Shared> entry = entries.next();
            if (!entry.getKey().equals(wanted) && entry.getValue().leases == 0) {
                entry.getValue().close();
                entries.remove();
            }
        }
    }

    /** What each captioner gets of the executor's cores. */
    private static List<EngineOptions> ofProcess(CaptionSettings settings) {
        EngineOptions ofTask = TaskResources.options(settings.precision());
        SparkEnv spark = SparkEnv.get();
        int cores = spark == null ? 1 : SparkSessions.executorCores(spark.conf());
        cores = Math.max(cores, ofTask.threads());
        boolean pairs = cores >= 2 * ofTask.threads() && ofTask.device() < 0 && !settings.uses(CaptionModel.Kind.WD14);
        return pairs
                ? List.of(ofTask.withThreads((cores + 1) / 2), ofTask.withThreads(cores / 2))
                : List.of(ofTask.withThreads(cores));
    }

    /** One task's use of the captioner. */
    static final class Lease implements AutoCloseable {
        private final Shared shared;
        private boolean open = true;

        private Lease(Shared shared) {
            this.shared = shared;
        }

        List<String> describe(List<CaptionRequest> pictures) {
            return shared.describe(pictures);
        }

        @Override
        public void close() {
            synchronized (OPEN) {
                if (open) {
                    open = false;
                    shared.leases--;
                }
            }
        }
    }
}
