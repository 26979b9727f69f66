package org.loraspark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.loraspark.tensor.DType;

class PresetsTest {
    private static final Path CONF = Path.of("..", "conf");

    @Test
    void everyPresetLoadsWithBaseAndDataGiven() throws IOException {
        try (Stream<Path> files = Files.list(CONF)) {
            List<Path> presets = files.filter(Files::isRegularFile).toList();
            assertThat(presets).hasSizeGreaterThanOrEqualTo(5);
            for (Path preset : presets) {
                TrainConfig config = ConfigLoader.load(preset.toString(), List.of("model.base=b", "data.dir=d"));
                assertThat(config.model().base()).isEqualTo("b");
                assertThat(config.output().dir()).as("%s", preset).contains(stem(preset));
            }
        }
    }

    @Test
    void paritySettingIsTheOneThatPytorchWasMeasuredIn() {
        TrainConfig config = ConfigLoader.load(CONF.resolve("parity.conf").toString(), List.of());
        TrainSettings train = config.train();
        assertThat(config.lora()).isEqualTo(new LoraSettings(8, 8, 0, false, false));
        assertThat(train)
                .isEqualTo(new TrainSettings(
                        60, 0, 2, 1, false, 1e-3, 5e-5, "cosine", 1, 0, "adamw", 0.01, 0.9, 0.999, 1e-8, 1.0, DType.F32,
                        0, ""));
        assertThat(config.cluster()).isEqualTo(new ClusterSettings(2, 0, "average"));
        assertThat(config.data().latentSample()).isEqualTo("mean");
        assertThat(config.data().resolution()).isEqualTo(new Resolution(128, 128));
    }

    @Test
    void quickstartBringsAllItsFiles() {
        TrainConfig config = ConfigLoader.load(CONF.resolve("quickstart.conf").toString(), List.of());
        assertThat(Path.of("..", config.model().base(), "model_index.json")).exists();
        assertThat(Path.of("..", config.data().dir(), "metadata.csv")).exists();
        assertThat(Path.of("..", config.data().validationDir(), "metadata.csv"))
                .content()
                .contains(config.preview().prompts());
    }

    /** Two presets never write into each other's folder. */
    private static String stem(Path preset) {
        String name = preset.getFileName().toString().replaceFirst("\\..*", "");
        return name.replace("sd15-", "").replace("-yarn", "");
    }
}
