package org.loraspark.cli;

import java.util.Random;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/**
 * Whether an engine multiplies rightly and how fast: {@code y = x Wᵀ} against plain Java in double, then timed at the
 * size of a feed-forward layer of Stable Diffusion 1.5.
 */
final class EngineSpeed {
    private static final int ROWS = 1024;
    private static final int IN = 1280;
    private static final int OUT = 1280;

    private EngineSpeed() {}

    /** Largest error of a small product, relative to its largest value. */
    static double error(Engine engine) {
        int rows = 37;
        int in = 129;
        int out = 65;
        float[] x = random(rows * in);
        float[] w = random(out * in);
        float[] actual;
        try (Scope scope = engine.scope()) {
            LinearWeight weight = engine.linearWeight(HostTensor.of(w, out, in));
            Tensor y = engine.linear(engine.upload(x, rows, in), weight);
            actual = engine.read(y);
            scope.release(y);
        }
        double largest = 0;
        double worst = 0;
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < out; o++) {
                double sum = 0;
                for (int i = 0; i < in; i++) {
                    sum += (double) x[r * in + i] * w[o * in + i];
                }
                largest = Math.max(largest, Math.abs(sum));
                worst = Math.max(worst, Math.abs(sum - actual[r * out + o]));
            }
        }
        return worst / largest;
    }

    /** Floating-point operations a second, in 10^9, over about so many seconds. */
    static double gigaflops(Engine engine, double seconds) {
        LinearWeight weight = engine.linearWeight(HostTensor.of(random(OUT * IN), OUT, IN));
        try (Scope scope = engine.scope()) {
            Tensor x = engine.upload(random(ROWS * IN), ROWS, IN);
            multiply(engine, x, weight);
            long started = System.nanoTime();
            long products = 0;
            while (System.nanoTime() - started < seconds * 1e9) {
                multiply(engine, x, weight);
                products++;
            }
            double elapsed = (System.nanoTime() - started) / 1e9;
            scope.release(x);
            return 2.0 * ROWS * IN * OUT * products / elapsed / 1e9;
        }
    }

    /** Asks for a value, so that an asynchronous device has really finished. */
    private static void multiply(Engine engine, Tensor x, LinearWeight weight) {
        try (Scope scope = engine.scope()) {
            Tensor y = engine.linear(x, weight);
            engine.isFinite(y);
            scope.release(y);
        }
    }

    private static float[] random(int size) {
        Random random = new Random(1);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
