package org.loraspark.cli;

import java.util.Random;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Flops;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/**
 * Whether an engine multiplies rightly and how fast: {@code y = x Wᵀ} against plain Java in double, then timed, with a
 * convolution, at sizes of Stable Diffusion 1.5's UNet: a feed-forward layer and a resnet's kernel for 32x32 latents.
 */
final class EngineSpeed {
    private static final int SIDE = 32;
    private static final int WIDTH = 640;
    private static final int KERNEL = 3;

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

    /** Floating-point operations a second, in 10^12, over about so many seconds. */
    static double teraflops(Engine engine, double seconds) {
        LinearWeight linear = engine.linearWeight(HostTensor.of(random(4 * WIDTH * WIDTH), 4 * WIDTH, WIDTH));
        ConvWeight conv = engine.convWeight(
                HostTensor.of(random(WIDTH * WIDTH * KERNEL * KERNEL), WIDTH, WIDTH, KERNEL, KERNEL),
                HostTensor.of(new float[WIDTH], WIDTH),
                ConvShape.same(KERNEL));
        try (Scope scope = engine.scope()) {
            Tensor x = engine.upload(random(SIDE * SIDE * WIDTH), 1, SIDE, SIDE, WIDTH);
            multiply(engine, x, linear, conv);
            long started = System.nanoTime();
            long operations = 0;
            do {
                operations += multiply(engine, x, linear, conv);
            } while (System.nanoTime() - started < seconds * 1e9);
            double elapsed = (System.nanoTime() - started) / 1e9;
            scope.release(x);
            return operations / elapsed / 1e12;
        }
    }

    /** Asks for a value, so that an asynchronous device has really finished. */
    private static long multiply(Engine engine, Tensor x, LinearWeight linear, ConvWeight conv) {
        try (Scope scope = engine.scope()) {
            Tensor wide = engine.linear(x, linear);
            Tensor same = engine.conv2d(x, conv);
            engine.isFinite(same);
            scope.release(wide);
            return Flops.linear(x, linear) + Flops.conv(same, conv);
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
