package org.loraspark.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;
import org.loraspark.tensor.Engines;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Nd4jProvider;
import org.loraspark.tensor.onednn.OneDnnProvider;

/** The parity fixtures of {@code resources/golden} and the demo model that they were made from. */
public final class Golden {
    private Golden() {}

    /** A fixture's file, {@code replay/batch}. A missing one fails. */
    public static SafetensorsFile open(String name) {
        return SafetensorsFile.open(path(name + ".safetensors"));
    }

    public static Path path(String name) {
        return existing("executors/src/test/resources/golden/" + name);
    }

    /** The quickstart's files: {@code base}, {@code pictures}, {@code validation}. */
    public static Path demo(String name) {
        return existing("conf/demo/" + name);
    }

    private static Path existing(String name) {
        // Maven runs tests in the module's folder.
        Path path = Path.of("..", name).toAbsolutePath().normalize();
        assertThat(Files.exists(path)).as("fixture %s", path).isTrue();
        return path;
    }

    public static BaseModel base() {
        return BaseModel.open(new org.apache.hadoop.fs.Path(demo("base").toUri()), new Configuration());
    }

    public static Engine engine() {
        return Engines.provider("nd4j").open(EngineOptions.of(DType.F32, 1));
    }

    /** All engines in fp32. One that is missing where it has to work is a failure. */
    public static List<GoldenEngine> engines() {
        return List.of(
                new GoldenEngine(new Nd4jProvider(), DType.F32),
                new GoldenEngine(available(new OneDnnProvider()), DType.F32));
    }

    /** The engines that are asked for bf16; a CPU without it answers in fp32, which passes as well. */
    public static List<GoldenEngine> halfEngines() {
        return List.of(new GoldenEngine(available(new OneDnnProvider()), DType.BF16));
    }

    private static EngineProvider available(EngineProvider provider) {
        EngineProvider.Availability here = provider.availability();
        assertThat(here.available()).as(here.detail()).isTrue();
        return provider;
    }

    /** PyTorch's {@code [n, channels, height, width]} as {@code [n, height, width, channels]}. */
    public static float[] channelsLast(HostTensor nchw) {
        long[] s = nchw.shape();
        return transpose(nchw.toFloats(), (int) s[0], (int) s[1], (int) (s[2] * s[3]));
    }

    /** {@code [n, height, width, channels]} as PyTorch's {@code [n, channels, height, width]}. */
    public static float[] channelsFirst(float[] nhwc, long... nchwShape) {
        return transpose(nhwc, (int) nchwShape[0], (int) (nchwShape[2] * nchwShape[3]), (int) nchwShape[1]);
    }

    private static float[] transpose(float[] values, int n, int rows, int columns) {
        float[] result = new float[values.length];
        for (int b = 0; b < n; b++) {
            int start = b * rows * columns;
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    result[start + c * rows + r] = values[start + r * columns + c];
                }
            }
        }
        return result;
    }

    /** Every value within {@code tolerance} of the expected one, as a share of the largest expected magnitude. */
    public static void assertClose(String what, float[] actual, HostTensor expected, double tolerance) {
        float[] wanted = expected.toFloats();
        assertThat(actual.length)
                .as("%s of shape %s", what, Shapes.toString(expected.shape()))
                .isEqualTo(wanted.length);
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < wanted.length; i++) {
            assertThat(actual[i]).as("%s[%d]", what, i).isFinite();
            largest = Math.max(largest, Math.abs(wanted[i]));
            worst = Math.max(worst, Math.abs((double) actual[i] - wanted[i]));
        }
        assertThat(worst / largest).as("relative error of %s", what).isLessThanOrEqualTo(tolerance);
    }

    public static int[][] tokenIds(HostTensor ids) {
        long[] flat = ids.toLongs();
        int[][] result = new int[(int) ids.shape()[0]][(int) ids.shape()[1]];
        for (int i = 0; i < flat.length; i++) {
            result[i / result[0].length][i % result[0].length] = (int) flat[i];
        }
        return result;
    }
}
