package org.loraspark.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.loraspark.lora.LoraModule.Kind;

class LoraInitTest {
    private static final LoraModule A = new LoraModule("unet.a", Kind.LINEAR, 400, 30, 8, 4);
    private static final LoraModule B = new LoraModule("unet.b", Kind.CONV1X1, 400, 20, 8, 4);

    @Test
    void freshAdapterChangesNothing() {
        LoraWeights weights = LoraInit.weights(new LoraLayout(List.of(A, B)), 1);
        assertThat(weights.up(0)).hasSize(30 * 8).containsOnly(0);
        assertThat(weights.up(1)).hasSize(20 * 8).containsOnly(0);
    }

    @Test
    void downIsUniformWithinTheKaimingBound() {
        float[] down = LoraInit.weights(new LoraLayout(List.of(A)), 1).down(0);
        double bound = 1 / Math.sqrt(400);
        double sum = 0;
        double squares = 0;
        for (float value : down) {
            assertThat((double) value).isBetween(-bound, bound);
            sum += value;
            squares += (double) value * value;
        }
        assertThat(sum / down.length).isCloseTo(0, within(bound / 20));
        assertThat(squares / down.length).isCloseTo(bound * bound / 3, within(bound * bound / 30));
    }

    @Test
    void moduleIsDrawnByItsNameAndTheSeed() {
        LoraWeights both = LoraInit.weights(new LoraLayout(List.of(A, B)), 1);
        assertThat(LoraInit.weights(new LoraLayout(List.of(B)), 1).down(0)).containsExactly(both.down(1));
        assertThat(both.down(0)).isNotEqualTo(both.down(1));
        assertThat(LoraInit.weights(new LoraLayout(List.of(A)), 2).down(0)).isNotEqualTo(both.down(0));
    }
}
