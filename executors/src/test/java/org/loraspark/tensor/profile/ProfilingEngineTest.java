package org.loraspark.tensor.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.loraspark.golden.Golden;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraInit;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.meta.MetaEngine;
import org.loraspark.train.DiffusionBatch;
import org.loraspark.train.DiffusionModel;
import org.loraspark.train.DiffusionStep;

/** A training step of the demo model through the wrapper, beside one without it. */
class ProfilingEngineTest {
    private static final int SIDE = 8;

    private static BaseModel base;
    private static LoraLayout layout;

    @BeforeAll
    static void open() {
        base = Golden.base();
        layout = base.loraLayout(new LoraConfig(2, 3, 0, false), true);
    }

    @AfterAll
    static void close() {
        base.close();
    }

    @Test
    void everyKernelGoesThrough() throws NoSuchMethodException {
        for (Method method : Engine.class.getDeclaredMethods()) {
            if (!method.isSynthetic()) {
                Method own = ProfilingEngine.class.getMethod(method.getName(), method.getParameterTypes());
                assertThat(own.getDeclaringClass()).as(method.toString()).isEqualTo(ProfilingEngine.class);
            }
        }
    }

    @Test
    void stepHasTheSameBitsAsWithout() {
        try (Engine plain = Golden.engine();
                ProfilingEngine profiling = new ProfilingEngine(Golden.engine())) {
            assertThat(step(profiling)).containsExactly(step(plain));
        }
    }

    @Test
    void countsTheOperationsThatTheMetaEngineCounts() {
        try (MetaEngine meta = new MetaEngine(DType.F32);
                ProfilingEngine profiling = new ProfilingEngine(Golden.engine())) {
            step(meta);
            step(profiling);
            Map<KernelKind, Profile.Cost> kinds = profiling.profile().kinds();
            assertThat(profiling.profile().flops()).isEqualTo(meta.flops());
            for (KernelKind kind : KernelKind.values()) {
                boolean multiplies = kind.ordinal() <= KernelKind.ATTENTION.ordinal() || kind == KernelKind.LORA;
                assertThat(kinds.get(kind).flops() > 0).as(kind.title()).isEqualTo(multiplies);
            }
        }
    }

    @Test
    void timesOfTheKindsAddUpToTheWhole() {
        try (ProfilingEngine profiling = new ProfilingEngine(Golden.engine())) {
            step(profiling);
            profiling.restart();
            step(profiling);
            profiling.sinceLastKernel(KernelKind.OPTIMIZER);
            Profile profile = profiling.profile();
            double sum = profile.kinds().values().stream()
                    .mapToDouble(Profile.Cost::seconds)
                    .sum();
            assertThat(sum).isCloseTo(profile.seconds(), within(1e-6));
            assertThat(profile.kinds().values()).allMatch(cost -> cost.seconds() > 0 && cost.calls() > 0);
            assertThat(profile.dividedBy(2).flops()).isEqualTo(profile.flops() / 2);
        }
    }

    @Test
    void restartForgets() {
        try (ProfilingEngine profiling = new ProfilingEngine(Golden.engine())) {
            step(profiling);
            profiling.restart();
            assertThat(profiling.profile().flops()).isZero();
        }
    }

    private static float[] step(Engine engine) {
        try (Scope scope = engine.scope()) {
            LoraAdapters adapters = new LoraAdapters(engine, layout);
            adapters.load(LoraInit.weights(layout, 3).values());
            int size = SIDE * SIDE * 4;
            int[] ids = new int[77];
            Arrays.fill(ids, 701);
            DiffusionBatch batch = new DiffusionBatch(
                    SIDE, SIDE, normal("latent", size), normal("noise", size), new int[] {500}, new int[][] {ids});
            new DiffusionStep(engine, DiffusionModel.load(base, engine, 1), adapters, false)
                    .forwardBackward(batch, 1, RankDropout.NONE);
            assertThat(scope).isNotNull();
            return adapters.gradients();
        }
    }

    private static float[] normal(String purpose, int size) {
        return AddressedRandom.at(1, "profile", 0, purpose).gaussians(size);
    }
}
