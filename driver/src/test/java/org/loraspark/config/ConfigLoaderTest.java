package org.loraspark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;

class ConfigLoaderTest {
    private static final String MINIMAL = "model.base = base\ndata.dir = pictures\n";

    @TempDir
    Path folder;

    @Test
    void minimalFileGetsEveryDefault() {
        TrainConfig config = hocon(MINIMAL + "lora.rank = 12");
        assertThat(config.lora()).isEqualTo(new LoraSettings(12, 12, 0, false, false));
        assertThat(config.data().resolution()).isEqualTo(new Resolution(512, 512));
        assertThat(config.preview().size()).isEqualTo(new Resolution(512, 512));
        assertThat(config.workDir()).isEqualTo("output/work");
        assertThat(config.train().precision()).isEqualTo(DType.F32);
        assertThat(config.output().precision()).isEqualTo(DType.F16);
        assertThat(config.cluster().roundSteps(700)).isEqualTo(500);
        assertThat(config.cluster().roundSteps(12)).isEqualTo(12);
    }

    @Test
    void setOverridesTheFileAndNeedsNoQuotes() {
        TrainConfig config = hocon(
                MINIMAL + "lora.rank = 12",
                "lora.rank=4",
                "lora.rank=5",
                "model.base=hdfs://nn:8020/models/sd 15.safetensors",
                "data.resolution=[256, 384]",
                "preview.prompts=[\"a\", \"b, c\"]");
        assertThat(config.lora().rank()).isEqualTo(5);
        assertThat(config.model().base()).isEqualTo("hdfs://nn:8020/models/sd 15.safetensors");
        assertThat(config.data().resolution()).isEqualTo(new Resolution(256, 384));
        assertThat(config.preview().prompts()).containsExactly("a", "b, c");
    }

    @Test
    void homeFolderIsExpanded() {
        assertThat(hocon(MINIMAL, "output.dir=~/loras").output().dir())
                .isEqualTo(System.getProperty("user.home") + "/loras");
    }

    @Test
    void constantWithWarmupIsTheScheduleWithWarmup() {
        assertThat(hocon(MINIMAL, "train.warmup-steps=10").train().lrScheduler())
                .isEqualTo("constant_with_warmup");
    }

    @Test
    void yamlOfLoraScriptsIsReadUnchanged() throws IOException {
        Path file = Files.writeString(folder.resolve("old.yaml"), """
                # data
                train_data_dir: ./train
                metadata_path: "./train/metadata.csv"
                base_model: /models/v1-5.safetensors
                lora_rank: 16
                batch_size: 4
                epochs: 7
                learning_rate: 1e-4
                output_dir: ./out
                save_steps: 250
                gradient_accumulation_steps: 2
                fp16: true
                dropout: 0.1
                resume_from_checkpoint:
                resolution: 512,768
                """);
        TrainConfig config = ConfigLoader.load(file.toString(), List.of("train.epochs=8"));
        assertThat(config.data().dir()).isEqualTo("./train");
        assertThat(config.data().captions()).isEqualTo("./train/metadata.csv");
        assertThat(config.data().resolution()).isEqualTo(new Resolution(512, 768));
        assertThat(config.model().base()).isEqualTo("/models/v1-5.safetensors");
        assertThat(config.lora()).isEqualTo(new LoraSettings(16, 16, 0.1, false, false));
        assertThat(config.train().batchSize()).isEqualTo(4);
        assertThat(config.train().epochs()).isEqualTo(8);
        assertThat(config.train().learningRate()).isEqualTo(1e-4);
        assertThat(config.train().gradientAccumulationSteps()).isEqualTo(2);
        assertThat(config.train().precision()).isEqualTo(DType.F16);
        assertThat(config.train().resumeFrom()).isEmpty();
        assertThat(config.output().dir()).isEqualTo("./out");
        assertThat(config.output().saveSteps()).isEqualTo(250);
    }

    @Test
    void effectiveConfigReadsBackToTheSameRecords() {
        TrainConfig config = hocon(
                MINIMAL,
                "data.caption-prefix=\"say \\\"hi\\\", ${x}\"",
                "preview.prompts=[\"one, two\"]",
                "train.learning-rate=3e-5",
                "train.precision=bf16",
                "preview.width=64",
                "lora.alpha=3.5");
        String text = EffectiveConfig.render(config);
        assertThat(hocon(text)).isEqualTo(config);
        assertThat(text.lines()).hasSameSizeAs(ConfigReference.keys());
        assertThat(EffectiveConfig.hash(hocon(text))).isEqualTo(EffectiveConfig.hash(config));
        assertThat(EffectiveConfig.hash(hocon(text, "train.seed=1"))).isNotEqualTo(EffectiveConfig.hash(config));
    }

    @Test
    void everyKeyIsExplained() {
        assertThat(ConfigReference.list())
                .allSatisfy(key -> assertThat(key.explanation()).isNotBlank().endsWith("."))
                .anySatisfy(key -> assertThat(key)
                        .isEqualTo(new ConfigReference.Key(
                                "lora.alpha", "${lora.rank}", "The update is scaled by alpha / rank.")));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "lora.rank=0 | lora.rank = 0 (--set lora.rank) must be a whole number from 1 to 4096",
                "lora.rank=2.5 | must be a whole number from 1 to 4096",
                "lora.rank=eight | lora.rank = eight (--set lora.rank) must be a whole number",
                "lora.rank=99999999999 | must be a whole number from 1 to 4096",
                "lora.rank=[1] | lora.rank = [1]",
                "lora.alpha=0 | must be above 0",
                "lora.dropout=1 | must be at least 0 and below 1",
                "lora.text-encoder=maybe | must be true or false",
                "train.learning-rate=-1e-4 | must be above 0",
                "train.learning-rate=NaN | must be above 0",
                "train.epochs=0 | must be a whole number of at least 1",
                "train.batch-size=0 | must be a whole number from 1",
                "train.betas=[0.9] | must be two numbers",
                "train.betas=[0.9, big] | must be two numbers",
                "train.optimizer=sgd | must be one of adamw",
                "train.lr-scheduler=cosin | must be one of constant, ",
                "train.precision=int8 | must be one of fp32, bf16, fp16",
                "train.seed=-1 | must be a whole number of at least 0",
                "data.resolution=500 | must be a multiple of 8: the nearest to 500 are 496 and 504",
                "data.resolution=[512, 500] | the nearest to 500 are 496 and 504",
                "data.resolution=[1, 2, 3] | must be one number or [width, height]",
                "data.resolution=8 | must be from 64 to 4096 pixels",
                "data.validation-split=1 | must be at least 0 and below 1",
                "data.latent-sample=median | must be one of sample, mean",
                "cluster.workers=0 | must be a whole number from 1",
                "cluster.merge=sum | must be one of average",
                "output.name=a/b | must be a file name without folders",
                "output.formats=[onnx] | must be a list of kohya and peft",
                "preview.sampler=heun | must be one of ddim, euler_a, dpmpp_2m",
                "preview.width=100 | the nearest to 100 are 96 and 104",
                "lora.rnak=8 | unknown key lora.rnak (--set lora.rnak); did you mean lora.rank?",
                "rank=8 | did you mean lora.rank?",
                "train.lr=1 | unknown key train.lr",
                "learning_rate=1 | did you mean train.learning-rate?",
                "lora=8 | lora (--set lora) is a section of keys, such as lora.rank, not a value",
                "lora.rank | must have the form key=value",
                "model.base= | model.base is not set",
                "data.dir= | data.dir is not set",
                "train.max-steps=10,train.warmup-steps=11 | is more than the run's 10 optimizer steps",
                "data.validation-dir=v,data.validation-split=0.1 | are both set; keep one",
            })
    void badOverrideIsRefusedInOneSentence(String override, String expected) {
        String[] overrides = override.startsWith("train.max-steps") || override.startsWith("data.validation-dir")
                ? override.split(",")
                : new String[] {override};
        assertOneSentence(MINIMAL, expected, overrides);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "lora.rnak = 8 | my.conf:3); did you mean lora.rank?",
                "lora { rank = 0 } | lora.rank = 0 ({folder}/my.conf:3) must be",
                "lora { rank = } | my.conf is not valid HOCON",
                "lora.rank = ${nothing} | cannot resolve the config",
                "lora.rank = null | lora.rank has no value",
                "optimiser { lr = 1 } | unknown key optimiser.lr",
            })
    void badFileIsRefusedWithItsLine(String line, String expected) {
        assertOneSentence(MINIMAL + line, expected.replace("{folder}", folder.toString()));
    }

    @Test
    void includedFileLiesBesideTheIncludingOne() throws IOException {
        Files.writeString(folder.resolve("base.conf"), "lora.rank = 6\ntrain.epochs = 2");
        TrainConfig config = hocon("include \"base.conf\"\ntrain.epochs = 3\n" + MINIMAL);
        assertThat(config.lora().rank()).isEqualTo(6);
        assertThat(config.train().epochs()).isEqualTo(3);
        assertOneSentence("include \"gone.conf\"\n" + MINIMAL, "there is no config file " + folder + "/gone.conf");
        Files.writeString(folder.resolve("base.conf"), "lora.rank = 0");
        assertOneSentence("include \"base.conf\"\n" + MINIMAL, folder + "/base.conf:1) must be");
    }

    @Test
    void badYamlIsRefusedWithItsLine() {
        String start = "base_model: b\ntrain_data_dir: d\n";
        assertYaml(start + "lora_rnk: 8", "unknown key lora_rnk (", ":3); did you mean lora_rank?");
        assertYaml(start + "lora_rank: 0", "lora.rank = 0 (", "old.yml, lora_rank:3) must be");
        assertYaml(start + "fp16: maybe", "fp16 = \"maybe\" (", ":3) must be true or false");
        assertYaml(start + "epochs: [", "is not valid YAML");
        assertYaml(start + "epochs: {a: 1}", "epochs (", "must be one value or a list");
        assertYaml("- a", "is not a list of \"key: value\" lines");
    }

    @Test
    void wrongPathIsRefused() {
        assertThatThrownBy(() -> ConfigLoader.load(folder.resolve("none.conf").toString(), List.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("there is no config file")
                .hasMessageContaining("none.conf");
        assertThatThrownBy(() -> ConfigLoader.load(folder.toString(), List.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> ConfigLoader.load("nosuchfs://host/x.conf", List.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cannot read the config");
    }

    private TrainConfig hocon(String text, String... overrides) {
        try {
            Path file = Files.writeString(folder.resolve("my.conf"), text);
            return ConfigLoader.load(file.toString(), List.of(overrides));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void assertOneSentence(String text, String expected, String... overrides) {
        assertThatThrownBy(() -> hocon(text, overrides))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(expected)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private void assertYaml(String text, String... expected) {
        assertThatThrownBy(() -> ConfigLoader.load(
                        Files.writeString(folder.resolve("old.yml"), text).toString(), List.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContainingAll(expected)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
}
