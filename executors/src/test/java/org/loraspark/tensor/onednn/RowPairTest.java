package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.Nd4jProvider;
import org.loraspark.tensor.nd4j.NdTensor;

/** {@link RowPairKernels} on pictures of any size, against ND4J in float64 with the same values of bf16. */
@EnabledIf(value = "org.loraspark.tensor.onednn.Isa#avx512", disabledReason = "oneDNN has no bf16 on this processor")
class RowPairTest {
    /**
     * Of the root mean square. Rounding the result alone gives 0.0017; rounding sums of rows and of taps as well gives 0.0026
     * in the forward direction, and 0.0033 for the gradient, whose filter and rows have larger sums.
     */
    private static final double TOLERANCE = 0.004;

    private static final long[] SEEDS = {3, 4, 5};

    /** Odd heights, one row, one column, several pictures, one band and several, more channels on either side. */
    @ParameterizedTest
    @CsvSource({
        "1,8,6,64,80",
        "2,7,5,96,64",
        "1,1,9,64,64",
        "1,2,1,64,96",
        "3,5,1,64,64",
        "1,37,64,320,256",
        "1,64,40,256,320",
        "1,161,16,64,64"
    })
    void resultAndGradientEqualPlainSums(int batch, int height, int width, int in, int out) {
        ConvCase one = new ConvCase(batch, height, width, in, out);
        float[][] actual = inPairs(one, 2, false);
        float[][] expected = plain(one);
        for (int i = 0; i < expected.length; i++) {
            assertThat(error(actual[i], expected[i])).as("result " + i).isLessThan(TOLERANCE);
        }
        assertThat(inPairs(one, 1, false)).isDeepEqualTo(actual);
        assertThat(inPairs(one, 2, true)).isDeepEqualTo(actual);
    }

    @Test
    void whatLiesOutsideThePictureIsZeroAfterALargerOne() {
        ConvCase small = new ConvCase(1, 3, 4, 64, 64);
        ConvCase large = new ConvCase(2, 21, 64, 64, 64);
        float[][] expected = inPairs(small, 2, false);
        try (OneDnnEngine engine = new OneDnnEngine(DType.BF16, 2, false);
                Dnnl dnnl = new Dnnl()) {
            RowPairKernels kernels = new RowPairKernels(dnnl, new Memory(DType.BF16), DType.BF16);
            ConvWeight weight = weight(engine, large);
            run(engine, kernels, weight, large);
            assertThat(run(engine, kernels, weight, small)).isDeepEqualTo(expected);
        }
    }

    /** Where a third of the multiplications is worth the sums, and nowhere else. */
    @ParameterizedTest
    @CsvSource({
        "64,64,320,320,true",
        "64,64,960,320,true",
        "32,32,640,640,true",
        "16,16,1280,2560,true",
        "8,8,1280,1280,false",
        "32,32,256,256,false",
        "256,256,256,256,true",
        "512,512,128,256,false",
        "64,64,4,320,false",
        "64,64,320,300,false"
    })
    void itIsForManyPixelsOfManyChannels(int height, int width, int in, int out, boolean suits) {
        try (OneDnnEngine engine = new OneDnnEngine(DType.BF16, 2, false);
                Dnnl dnnl = new Dnnl()) {
            Memory memory = new Memory(DType.BF16);
            HostTensor filter = HostTensor.of(new float[out * in * 9], out, in, 3, 3);
            PackedConv weight =
                    (PackedConv) engine.convWeight(filter, HostTensor.of(new float[out], out), ConvShape.same(3));
            NdTensor x = memory.empty(1, height, width, in);
            assertThat(new RowPairKernels(dnnl, memory, DType.BF16).suits(weight, x))
                    .isEqualTo(suits && !Isa.amx());
            assertThat(new RowPairKernels(dnnl, memory, DType.F32).suits(weight, x))
                    .isFalse();
        }
    }

    private static float[][] inPairs(ConvCase one, int threads, boolean compact) {
        try (OneDnnEngine engine = new OneDnnEngine(DType.BF16, threads, compact);
                Dnnl dnnl = new Dnnl()) {
            return run(engine, new RowPairKernels(dnnl, new Memory(DType.BF16), DType.BF16), weight(engine, one), one);
        }
    }

    /** The convolution with its bias, with a residual, and the gradient alone and added to another. */
    private static float[][] run(OneDnnEngine engine, RowPairKernels kernels, ConvWeight weight, ConvCase one) {
        PackedConv w = (PackedConv) weight;
        NdTensor x = values(engine, one, SEEDS[0], one.in());
        NdTensor dy = values(engine, one, SEEDS[1], one.out());
        NdTensor y = (NdTensor) engine.empty(dy.shape());
        NdTensor added = (NdTensor) engine.empty(dy.shape());
        NdTensor dx = (NdTensor) engine.empty(x.shape());
        NdTensor sum = values(engine, one, SEEDS[2], one.in());
        engine.fill(dx, Double.NaN);
        kernels.forward(x, w, null, y);
        kernels.forward(x, w, dy, added);
        kernels.backward(dy, w, dx, 0);
        kernels.backward(dy, w, sum, 1);
        return new float[][] {engine.read(y), engine.read(added), engine.read(dx), engine.read(sum)};
    }

    private static float[][] plain(ConvCase one) {
        try (Engine exact = new Nd4jProvider().open(EngineOptions.of(DType.F64, 2))) {
            return one.run(exact, weight(exact, one), DType.BF16);
        }
    }

    private static ConvWeight weight(Engine engine, ConvCase one) {
        return engine.convWeight(one.file(DType.BF16).cast(DType.F32), one.bias(), ConvShape.same(3));
    }

    private static NdTensor values(Engine engine, ConvCase one, long seed, int channels) {
        return (NdTensor) one.values(engine, seed, channels, DType.BF16);
    }

    private static double error(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double off = 0;
        double all = 0;
        for (int i = 0; i < actual.length; i++) {
            off += Math.pow((double) actual[i] - expected[i], 2);
            all += Math.pow(expected[i], 2);
        }
        return Math.sqrt(off / all);
    }
}
