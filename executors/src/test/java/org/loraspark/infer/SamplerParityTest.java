package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.loraspark.golden.Golden;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.grad.Tape;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraWeights;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.models.sd.Vae;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;

/** Ten guided steps with an adapter against diffusers' schedulers. */
class SamplerParityTest {
    private static final double TOLERANCE = 2e-3;

    private static Stream<Arguments> cases() {
        return Golden.engines().stream()
                .flatMap(engine -> Stream.of(Sampler.Kind.values()).map(kind -> arguments(engine, kind)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void finalLatentMatchesDiffusers(GoldenEngine golden, Sampler.Kind kind) {
        try (Engine engine = golden.open();
                BaseModel base = Golden.base();
                SafetensorsFile fixture = Golden.open("sample/sample");
                SafetensorsFile prompts = Golden.open("text/text");
                Scope scope = engine.scope()) {
            int[][] ids = Golden.tokenIds(prompts.tensor("input_ids"));
            LoraWeights weights = LoraFiles.read(
                            new Path(Golden.path("lora.safetensors").toUri()), new Configuration())
                    .weights();
            Sampler sampler = kind.create(base.schedule(), 10);
            HostTensor timesteps = fixture.tensor(kind.configName() + ".timesteps");
            assertThat(toFloats(sampler.timesteps())).containsExactly(timesteps.toFloats());

            HostTensor expected = fixture.tensor(kind.configName() + ".latent");
            float[] latent = new Denoiser(
                            engine,
                            base.unet(engine),
                            base.textEncoder(engine),
                            1,
                            List.of(new LoraAdapters(engine, weights, 1, 1)))
                    .denoise(
                            sampler,
                            Golden.channelsLast(fixture.tensor("z0")),
                            16,
                            12,
                            ids[0],
                            ids[2],
                            5.0,
                            i -> ancestralNoise(fixture.tensor("euler_a.noise"), i),
                            () -> {});
            Golden.assertClose(kind.configName(), Golden.channelsFirst(latent, expected.shape()), expected, TOLERANCE);
            if (kind == Sampler.Kind.DDIM) {
                assertPicture(engine, base.vae(engine), latent, fixture.tensor("ddim.image"));
            }
        }
    }

    private static void assertPicture(Engine engine, Vae vae, float[] latent, HostTensor expected) {
        float[] unscaled = new float[latent.length];
        for (int i = 0; i < latent.length; i++) {
            unscaled[i] = (float) (latent[i] / vae.config().scalingFactor());
        }
        try (Tape tape = Tape.inference(engine)) {
            float[] pixels =
                    engine.read(vae.decode(Pass.plain(tape), tape.constant(engine.upload(unscaled, 1, 16, 12, 4)))
                            .value());
            Golden.assertClose("picture", Golden.channelsFirst(pixels, expected.shape()), expected, TOLERANCE);
        }
    }

    private static float[] ancestralNoise(HostTensor recorded, int step) {
        int n = recorded.size() / (int) recorded.shape()[0];
        float[] one = Arrays.copyOfRange(recorded.toFloats(), step * n, (step + 1) * n);
        return Golden.channelsLast(HostTensor.of(one, 1, 4, 16, 12));
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
