package org.loraspark.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.lora.LoraModule.Kind;

/** W + 0.8 alpha/rank up down as PEFT computes it, rank 4. */
class MergeGoldenTest {
    @Test
    void mergedWeightsAreThoseOfPeft() throws URISyntaxException {
        try (SafetensorsFile base = open("merge/base");
                SafetensorsFile lora = open("lora");
                SafetensorsFile expected = open("merge/expected")) {
            assertThat(expected.names()).hasSize(3);
            for (String weight : expected.names()) {
                String module = weight.substring(0, weight.length() - ".weight".length());
                String key = "lora_" + module.replace('.', '_');
                float[] down = lora.tensor(key + ".lora_down.weight").toFloats();
                float[] up = lora.tensor(key + ".lora_up.weight").toFloats();
                double alpha = lora.tensor(key + ".alpha").toFloats()[0];
                long[] shape = expected.info(weight).shape();
                int rank = down.length / (int) shape[1];
                assertThat(alpha).isNotEqualTo(rank);
                LoraLayout layout =
                        new LoraLayout(List.of(new LoraModule(module, Kind.LINEAR, shape[1], shape[0], rank, alpha)));
                float[] values = new float[layout.size()];
                System.arraycopy(down, 0, values, 0, down.length);
                System.arraycopy(up, 0, values, down.length, up.length);

                float[] merged =
                        Merging.intoBase(base.tensor(weight).toFloats(), new LoraWeights(layout, values), 0, 0.8);

                assertThat(merged).containsExactly(expected.tensor(weight).toFloats(), offset(1e-6f));
            }
        }
    }

    private static SafetensorsFile open(String name) throws URISyntaxException {
        return SafetensorsFile.open(Path.of(MergeGoldenTest.class
                .getResource("/golden/" + name + ".safetensors")
                .toURI()));
    }
}
