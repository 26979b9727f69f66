package org.loraspark.tensor.onednn;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;

/** Products, convolutions and their ways back against ND4J in float64, in fp32 and bf16. */
class OneDnnProductTest extends Agreement {
    @ParameterizedTest
    @CsvSource({"77,8,320", "300,24,64", "5,3,7", "1,1,1"})
    void products(int m, int n, int k) {
        for (int flags = 0; flags < 8; flags++) {
            boolean ta = (flags & 1) != 0;
            boolean tb = (flags & 2) != 0;
            int beta = flags >> 2;
            same(e -> {
                Tensor c = gradient(e, beta, m, n);
                e.gemm(
                        ta ? input(e, 1, k, m) : input(e, 1, m, k),
                        ta,
                        tb ? input(e, 2, n, k) : input(e, 2, k, n),
                        tb,
                        c,
                        0.5,
                        beta);
                return c;
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"77,64,96", "1,320,7", "130,5,33"})
    void linear(int rows, int in, int out) {
        same(e -> e.linear(input(e, 1, 1, rows, in), weight(e, in, out)));
        same(e -> e.linearAdd(input(e, 1, 1, rows, in), weight(e, in, out), input(e, 4, 1, rows, out)));
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor dx = gradient(e, b, 1, rows, in);
                e.linearBackward(input(e, 2, 1, rows, out), weight(e, in, out), dx, b);
                return dx;
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"2,8,8,32,64,1,1,1", "1,9,7,16,16,2,1,1", "2,8,6,3,5,2,0,1", "1,16,12,4,64,1,1,1", "1,5,4,64,4,1,1,1"})
    void convolution(int batch, int height, int width, int in, int out, int stride, int before, int after) {
        ConvShape shape = new ConvShape(stride, before, after, before, after);
        long[] small = {batch, shape.outHeight(height, 3), shape.outWidth(width, 3), out};
        long[] large = {batch, height, width, in};
        same(e -> e.conv2d(input(e, 1, large), weight(e, in, out, shape)));
        same(e -> e.conv2dAdd(input(e, 1, large), weight(e, in, out, shape), input(e, 4, small)));
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor dx = gradient(e, b, large);
                e.conv2dBackward(input(e, 2, small), weight(e, in, out, shape), dx, b);
                return dx;
            });
        }
    }

    private static LinearWeight weight(Engine engine, int in, int out) {
        return engine.linearWeight(host(5, out, in), host(6, out));
    }

    private static ConvWeight weight(Engine engine, int in, int out, ConvShape shape) {
        return engine.convWeight(host(5, out, in, 3, 3), host(6, out), shape);
    }

    private static HostTensor host(long seed, long... shape) {
        Random random = new Random(seed);
        float[] values = new float[(int) Shapes.size(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = HalfFloats.fromBf16(HalfFloats.toBf16((float) random.nextGaussian()));
        }
        return HostTensor.of(values, shape);
    }
}
