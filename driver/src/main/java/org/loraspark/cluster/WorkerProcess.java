package org.loraspark.cluster;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.Vae;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;
import org.loraspark.tensor.Engines;
import org.loraspark.train.DiffusionModel;

/**
 * The frozen models of this process and the engines that work on them: beside the captioner of {@code caption}, the one
 * place with state that outlives a task. Models are read and packed once for each (content, engine, precision, device) and serve all
 * tasks; each running task has an engine of its own, whose memory pool the next task finds warm. What no task uses is
 * released when another base or precision is asked for.
 */
public final class WorkerProcess {
    private static final Map<Key, Loaded> LOADED = new HashMap<>();

    private record Key(String baseHash, String engine, DType precision, int device, boolean compact) {}

    private WorkerProcess() {}

    /** Runs the calling task's work on the models and an engine, in one of {@link ComputeThreads}. */
    public static <T> T use(WorkerSetup setup, Function<Lease, T> work) {
        // What Spark gave to the task is known in its thread alone.
        EngineOptions options = setup.options();
        return ComputeThreads.run(() -> {
            try (Lease lease = lease(setup, options)) {
                return work.apply(lease);
            }
        });
    }

    private static Lease lease(WorkerSetup setup, EngineOptions options) {
        EngineProvider provider = Engines.provider(setup.engine());
        Key key = new Key(setup.baseHash(), provider.name(), options.compute(), options.device(), options.compact());
        Loaded loaded;
        synchronized (LOADED) {
            releaseIdle(key);
            loaded = LOADED.computeIfAbsent(key, k -> new Loaded(setup, provider, options));
            loaded.leases++;
        }
        try {
            return new Lease(setup, loaded, loaded.takeEngine(options));
        } catch (RuntimeException e) {
            synchronized (LOADED) {
                loaded.leases--;
            }
            throw e;
        }
    }

    private static void releaseIdle(Key wanted) {
        Iterator<Map.Entry<Key, Loaded>> entries = LOADED.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Key, Loaded> entry = entries.next();
            if (!entry.getKey().equals(wanted) && entry.getValue().leases == 0) {
                entry.getValue().close();
                entries.remove();
            }
        }
    }

    /** One base model in one engine's form; its networks are packed when they are first asked for. */
    private static final class Loaded {
        private final BaseModel base;
        private final EngineProvider provider;
        private final Engine packer;
        private final Deque<Engine> idle = new ArrayDeque<>();
        private final Map<Class<?>, Object> networks = new HashMap<>();
        private ClipTokenizer tokenizer;
        private int leases;

        Loaded(WorkerSetup setup, EngineProvider provider, EngineOptions options) {
            this.base = setup.openBase();
            this.provider = provider;
            this.packer = provider.open(options);
        }

        synchronized <T> T network(Class<T> type, BiFunction<BaseModel, Engine, T> read) {
            return type.cast(networks.computeIfAbsent(type, t -> read.apply(base, packer)));
        }

        synchronized Engine takeEngine(EngineOptions options) {
            Engine engine = idle.pollLast();
            return engine != null ? engine : provider.open(options);
        }

        synchronized void giveBack(Engine engine) {
            idle.addLast(engine);
        }

        synchronized ClipTokenizer tokenizer(Configuration conf) {
            if (tokenizer == null) {
                tokenizer = base.tokenizerFolder()
                        .map(folder -> ClipTokenizer.read(folder, conf))
                        .orElseGet(ClipTokenizer::vitL14);
            }
            return tokenizer;
        }

        synchronized void close() {
            if (tokenizer != null) {
                tokenizer.close();
            }
            new ArrayList<>(idle).forEach(Engine::close);
            packer.close();
            base.close();
        }
    }

    /** One task's use of the process; its methods are for the work that was given it. */
    public static final class Lease implements AutoCloseable {
        private final WorkerSetup setup;
        private final Loaded loaded;
        private final Engine engine;
        private boolean open = true;

        private Lease(WorkerSetup setup, Loaded loaded, Engine engine) {
            this.setup = setup;
            this.loaded = loaded;
            this.engine = engine;
        }

        public Engine engine() {
            return engine;
        }

        public Vae vae() {
            return loaded.network(Vae.class, BaseModel::vae);
        }

        /** What training works on: UNet, text encoder and schedule. */
        public DiffusionModel model(int clipSkip) {
            return new DiffusionModel(
                    loaded.network(UNet.class, BaseModel::unet),
                    loaded.network(TextEncoder.class, BaseModel::textEncoder),
                    loaded.base.schedule(),
                    clipSkip,
                    loaded.base.vaeConfig().scalingFactor());
        }

        public ClipTokenizer tokenizer() {
            return loaded.tokenizer(setup.conf());
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                loaded.giveBack(engine);
                synchronized (LOADED) {
                    loaded.leases--;
                }
            }
        }
    }
}
