package org.loraspark.models.sd;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.loraspark.golden.Golden;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;

/** The models against transformers and diffusers. */
class ModelParityTest {
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#engines")
    void textEncoderMatchesTransformers(GoldenEngine kind) {
        try (Engine engine = kind.open();
                BaseModel base = Golden.base();
                SafetensorsFile fixture = Golden.open("text/text");
                Tape tape = Tape.inference(engine)) {
            TextEncoder encoder = base.textEncoder(engine);
            int[][] ids = Golden.tokenIds(fixture.tensor("input_ids"));
            for (int clipSkip = 1; clipSkip <= 2; clipSkip++) {
                String expected = clipSkip == 1 ? "last_hidden_state" : "clip_skip_2";
                Var states = encoder.forward(Pass.plain(tape), ids, clipSkip);
                Golden.assertClose(expected, engine.read(states.value()), fixture.tensor(expected), TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#engines")
    void vaeMatchesDiffusers(GoldenEngine kind) {
        try (Engine engine = kind.open();
                BaseModel base = Golden.base();
                SafetensorsFile fixture = Golden.open("vae/vae");
                Tape tape = Tape.inference(engine)) {
            Vae vae = base.vae(engine);
            HostTensor image = fixture.tensor("image");
            long[] s = image.shape();
            Var moments = vae.encode(
                    Pass.plain(tape), tape.constant(engine.upload(Golden.channelsLast(image), s[0], s[2], s[3], s[1])));
            float[] first = Golden.channelsFirst(engine.read(moments.value()), s[0], 8, moments.dim(1), moments.dim(2));
            int half = first.length / 4;
            float[] mean = join(first, 0, 2 * half, half);
            float[] logvar = join(first, half, 3 * half, half);
            Golden.assertClose("mean", mean, fixture.tensor("mean"), TOLERANCE);
            Golden.assertClose("logvar", logvar, fixture.tensor("logvar"), TOLERANCE);

            HostTensor z = fixture.tensor("z");
            long[] zs = z.shape();
            Var decoded = vae.decode(
                    Pass.plain(tape), tape.constant(engine.upload(Golden.channelsLast(z), zs[0], zs[2], zs[3], zs[1])));
            HostTensor expected = fixture.tensor("decoded");
            Golden.assertClose(
                    "decoded",
                    Golden.channelsFirst(engine.read(decoded.value()), expected.shape()),
                    expected,
                    TOLERANCE);
        }
    }

    /** Two pictures' halves, picture after picture. */
    private static float[] join(float[] values, int first, int second, int length) {
        float[] result = Arrays.copyOfRange(values, first, first + 2 * length);
        System.arraycopy(values, second, result, length, length);
        return result;
    }
}
