package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;
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
 * The captioner of this process: opened once, with all cores that the process has, and used by one task at a time. It
 * outlives the tasks; one that no task uses is closed when other settings are asked for.
 */
final class CaptionerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(CaptionerProcess.class);
    private static final Map<CaptionSettings, Shared> OPEN = new HashMap<>();

    private CaptionerProcess() {}

    private static final class Shared {
        private final List<Engine> engines = new ArrayList<>();
        private final Captioner captioner;
        private int leases;

        Shared(CaptionSettings settings, Configuration conf) {
            EngineOptions options = ofProcess(TaskResources.options(settings.precision()));
            List<Captioner> captioners = new ArrayList<>();
            try {
                for (CaptionModel model : settings.models()) {
                    captioners.add(open(model, settings, conf, options));
                }
            } catch (RuntimeException e) {
                captioners.forEach(Captioner::close);
                engines.forEach(Engine::close);
                throw e;
            }
            captioner = new JoinedCaptioner(captioners);
        }

        private Captioner open(
                CaptionModel model, CaptionSettings settings, Configuration conf, EngineOptions options) {
            Path folder = new Path(model.folder());
            return switch (model.kind()) {
                case BLIP -> {
                    Engine engine = Engines.provider(settings.engine()).open(options);
                    engines.add(engine);
                    if (engine.compute() != settings.precision()) {
                        LOG.warn(
                                "engine {} computes in {} here, not in {}",
                                engine.name(),
                                engine.compute(),
                                settings.precision());
                    }
                    yield BlipCaptioner.open(folder, conf, engine, settings.blip());
                }
                case WD14 -> Wd14Tagger.open(folder, conf, options.threads(), settings.tagger());
            };
        }

        synchronized List<String> describe(List<CaptionRequest> pictures) {
            return captioner.describe(pictures);
        }

        void close() {
            captioner.close();
            engines.forEach(Engine::close);
        }
    }

    /** The process's captioner, for the calling task; to be closed by it. */
    static Lease lease(CaptionSettings settings, Configuration conf) {
        synchronized (OPEN) {
            closeIdle(settings);
            Shared shared = OPEN.computeIfAbsent(settings, s -> new Shared(s, conf));
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

    /** The cores of the executor, where tasks were given fewer. */
    private static EngineOptions ofProcess(EngineOptions ofTask) {
        SparkEnv spark = SparkEnv.get();
        int cores = spark == null ? ofTask.threads() : spark.conf().getInt("spark.executor.cores", ofTask.threads());
        return new EngineOptions(
                ofTask.compute(), Math.max(cores, ofTask.threads()), ofTask.device(), ofTask.compact());
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
