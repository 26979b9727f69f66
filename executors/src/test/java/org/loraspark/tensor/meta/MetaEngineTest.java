package org.loraspark.tensor.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

class MetaEngineTest {
    private final MetaEngine engine = new MetaEngine(DType.F32);

    @Test
    void countsTwoOperationsForEachProductAndSum() {
        try (Scope scope = engine.scope()) {
            LinearWeight linear = engine.linearWeight(MetaEngine.placeholder(5, 3), MetaEngine.placeholder(5));
            assertThat(engine.linear(engine.empty(2, 7, 3), linear).shape()).containsExactly(2, 7, 5);
            assertThat(engine.flops()).isEqualTo(2 * 14 * 3 * 5);

            long before = engine.flops();
            ConvWeight conv = engine.convWeight(
                    MetaEngine.placeholder(6, 3, 3, 3), MetaEngine.placeholder(6), ConvShape.strided(2, 1));
            assertThat(engine.conv2d(engine.empty(2, 7, 8, 3), conv).shape()).containsExactly(2, 4, 4, 6);
            assertThat(engine.flops() - before).isEqualTo(2 * (2 * 4 * 4 * 6) * 27);

            before = engine.flops();
            AttentionResult attention =
                    engine.attention(engine.empty(2, 9, 8), engine.empty(2, 5, 8), engine.empty(2, 5, 8), 4, false);
            assertThat(attention.output().shape()).containsExactly(2, 9, 8);
            assertThat(engine.flops() - before).isEqualTo(2 * (2 * 2 * 9 * 5 * 8));

            before = engine.flops();
            engine.gemm(engine.empty(4, 3), true, engine.empty(5, 4), true, engine.empty(3, 5), 1, 0);
            assertThat(engine.flops() - before).isEqualTo(2 * 3 * 4 * 5);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void remembersTheMostThatScopesHeld() {
        try (Scope outer = engine.scope()) {
            engine.empty(100);
            try (Scope inner = engine.scope()) {
                engine.empty(300);
                inner.release(engine.empty(50));
                Tensor kept = inner.keep(engine.empty(20));
                assertThat(kept.size()).isEqualTo(20);
            }
            engine.empty(10);
            assertThat(engine.peakBytes()).isEqualTo(4 * (100 + 300 + 50));
            engine.empty(400);
            assertThat(engine.peakBytes()).isEqualTo(4 * (100 + 20 + 10 + 400));
            assertThat(outer).isNotNull();
        }
    }

    @Test
    void countsFrozenWeightsInTheComputeType() {
        MetaEngine half = new MetaEngine(DType.BF16);
        half.freeze(MetaEngine.placeholder(10, 2));
        half.linearWeight(MetaEngine.placeholder(5, 3), MetaEngine.placeholder(5));
        assertThat(half.frozenBytes()).isEqualTo(2 * (20 + 20));
    }

    @Test
    void refusesShapesThatDoNotFit() {
        LinearWeight linear = engine.linearWeight(MetaEngine.placeholder(5, 3));
        assertThatThrownBy(() -> engine.linear(engine.empty(2, 4), linear))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("linear");
    }
}
