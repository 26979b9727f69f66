package org.loraspark.models.blip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.golden.Golden;
import org.loraspark.grad.Tape;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.ShardedModel;
import org.loraspark.nn.Adapters;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;

/** Opening a captioner: what is accepted, and what a user reads when it is not. */
class BlipModelTest {
    private static final String HEAD = "text_decoder.cls.predictions.decoder.weight";

    @TempDir
    Path temp;

    private Path folder;

    @BeforeEach
    void copyDemo() throws IOException {
        folder = temp.resolve("captioner");
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(Golden.demo("captioner"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void sizesComeFromTheConfig() {
        try (BlipModel model = open(folder)) {
            assertThat(model.config().vision()).isEqualTo(new BlipConfig.Vision(128, 16, 96, 384, 4, 4, 1e-5));
            assertThat(model.config().text()).isEqualTo(new BlipConfig.Text(123, 96, 384, 3, 4, 64, 1e-12, 121, 3, 0));
        }
    }

    @Test
    void copiesOfSharedWeightsAreLeftAlone() {
        Map<String, HostTensor> tensors = weights();
        tensors.put(HEAD, tensors.get("text_decoder.bert.embeddings.word_embeddings.weight"));
        tensors.put("text_decoder.cls.predictions.decoder.bias", tensors.get("text_decoder.cls.predictions.bias"));
        tensors.put("text_decoder.bert.embeddings.position_ids", HostTensor.of(new long[64], 1, 64));
        write(tensors);
        open(folder).close();
    }

    @Test
    void missingMisshapenAndUnknownWeightsAreNamed() {
        Map<String, HostTensor> tensors = weights();
        tensors.remove("text_decoder.bert.encoder.layer.1.crossattention.self.key.weight");
        tensors.computeIfPresent("vision_model.post_layernorm.bias", (name, bias) -> bias.rows(0, 5));
        tensors.put("itm_head.weight", HostTensor.of(new float[2], 2));
        write(tensors);
        refused(folder)
                .hasMessageContaining("are not those of a BLIP captioner of the sizes in its config.json")
                .hasMessageContaining(
                        "1 tensor is missing: text_decoder.bert.encoder.layer.1.crossattention.self.key.weight")
                .hasMessageContaining("vision_model.post_layernorm.bias is [5] instead of [96]")
                .hasMessageContaining("1 tensor is not part of the model: itm_head.weight");
    }

    @Test
    void otherModelsAreCalledByTheirNames() throws IOException {
        refused(Golden.demo("base")).hasMessageContaining("it looks like a diffusers folder");
        refused(Golden.demo("pictures")).hasMessageContaining("it has no config.json");
        refused(folder.resolve("model.safetensors")).hasMessageContaining("is a file; a captioner is a folder");
        refused(temp.resolve("nothing")).hasMessageContaining("does not exist");
        config("{\"model_type\": \"blip-2\"}");
        refused(folder).hasMessageContaining("its config.json says model_type = blip-2");
        config("{\"model_type\": \"blip\", \"architectures\": [\"BlipForQuestionAnswering\"]}");
        refused(folder).hasMessageContaining("it is a BLIP of the kind BlipForQuestionAnswering");
        config("{}");
        refused(folder).hasMessageContaining("names no model_type");
        Files.delete(folder.resolve("config.json"));
        Files.writeString(folder.resolve("selected_tags.csv"), "tag_id,name,category,count\n");
        refused(folder).hasMessageContaining("it looks like a WD14 tagger");
    }

    @Test
    void weightsInSeveralFilesAreThoseOfOne() throws IOException {
        Map<String, float[]> whole = layerOutputs();
        List<Path> parts = ShardedModel.cut(folder.resolve("model.safetensors"), 3);
        assertThat(layerOutputs()).usingRecursiveComparison().isEqualTo(whole);

        Files.delete(parts.get(1));
        refused(folder)
                .hasMessageContaining("lacks model-00002-of-00003.safetensors, which its model.safetensors.index.json")
                .hasMessageNotContaining("\n");
        Files.copy(parts.get(0), parts.get(1));
        refused(folder).hasMessageContaining("the files belong to different models");
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"../model.safetensors\"}}");
        refused(folder).hasMessageContaining("names '../model.safetensors', which is no file beside it");
        Files.writeString(index, "{}");
        refused(folder).hasMessageContaining("has no weight_map");
    }

    private Map<String, float[]> layerOutputs() {
        Map<String, float[]> values = new LinkedHashMap<>();
        try (BlipModel model = open(folder);
                Engine engine = Golden.engine();
                Tape tape = Tape.inference(engine)) {
            float[] picture = new float[3 * 128 * 128];
            Pass pass = new Pass(tape, Adapters.NONE, (name, value) -> values.put(name, engine.read(value)));
            model.vision(engine).forward(pass, List.of(picture));
        }
        return values;
    }

    @Test
    void pickledWeightsAreNotRead() throws IOException {
        Files.move(folder.resolve("model.safetensors"), folder.resolve("pytorch_model.bin"));
        refused(folder).hasMessageContaining("has no model.safetensors").hasMessageContaining("pickle");
    }

    @Test
    void impossibleSizesAreRefused() throws IOException {
        String config = Files.readString(folder.resolve("config.json"));
        config(config.replace("\"image_size\": 128", "\"image_size\": 130"));
        refused(folder).hasMessageContaining("has vision_config.image_size = 130");
        config(config.replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 5"));
        refused(folder).hasMessageContaining("has vision_config.num_attention_heads = 5");
        config(config.replace("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\""));
        refused(folder).hasMessageContaining("hidden_act = \"relu\"");
    }

    private void config(String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
    }

    private Map<String, HostTensor> weights() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
            file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        }
        return tensors;
    }

    private void write(Map<String, HostTensor> tensors) {
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(
                        folder.resolve("model.safetensors").toUri()),
                new Configuration(),
                tensors,
                Map.of("format", "pt"));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refused(Path path) {
        return assertThatThrownBy(() -> open(path).close()).isInstanceOf(UserError.class);
    }

    private static BlipModel open(Path path) {
        return BlipModel.open(new org.apache.hadoop.fs.Path(path.toUri()), new Configuration());
    }
}
