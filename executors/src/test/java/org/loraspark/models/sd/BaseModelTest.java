package org.loraspark.models.sd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.ShardedModel;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/** Opening a base model: what is accepted, and what a user reads when it is not. */
class BaseModelTest {
    private static final Path DEMO = Path.of("..", "conf/demo/base");
    private static final String UNET = "unet/diffusion_pytorch_model.safetensors";
    private static final String VAE = "vae/diffusion_pytorch_model.safetensors";
    private static final String TEXT = "text_encoder/model.safetensors";

    @TempDir
    Path temp;

    private Path folder;

    @BeforeEach
    void copyDemo() throws IOException {
        folder = temp.resolve("base");
        try (Stream<Path> files = Files.walk(DEMO)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(DEMO.relativize(file).toString()));
            }
        }
    }

    @Test
    void describesTheDemoModel() {
        try (BaseModel model = open(folder)) {
            assertThat(model.describe())
                    .startsWith("Stable Diffusion 1.x, diffusers folder, UNet ")
                    .endsWith("F16");
            assertThat(model.tokenizerFolder()).isPresent();
            assertThat(model.schedule().timesteps()).isEqualTo(1000);
        }
    }

    @Test
    void oldAndPrefixlessNamesMeanTheSameModel() throws IOException {
        String before = contentHash();
        rewrite(
                VAE,
                name -> name.replace(".to_q.", ".query.")
                        .replace(".to_k.", ".key.")
                        .replace(".to_v.", ".value.")
                        .replace(".to_out.0.", ".proj_attn."));
        rewrite(TEXT, name -> name.replaceFirst("^text_model\\.", ""));
        assertThat(contentHash()).isEqualTo(before);
    }

    @Test
    void halfPrecisionFileNamesAreFound() throws IOException {
        Files.move(folder.resolve(UNET), folder.resolve("unet/diffusion_pytorch_model.fp16.safetensors"));
        Files.move(folder.resolve(TEXT), folder.resolve("text_encoder/model.fp16.safetensors"));
        assertThat(contentHash()).hasSize(64);
    }

    @Test
    void partsInSeveralFilesMeanTheSameModel() throws IOException {
        String before = contentHash();
        List<Path> parts = ShardedModel.cut(folder.resolve(UNET), 2);
        ShardedModel.cut(folder.resolve(TEXT), 2);
        assertThat(contentHash()).isEqualTo(before);
        Files.delete(parts.get(0));
        assertThatThrownBy(() -> open(folder).close())
                .isInstanceOf(UserError.class)
                .hasMessageContaining("lacks diffusion_pytorch_model-00001-of-00002.safetensors");
    }

    @Test
    void hashesNameTheContentAndNotThePlace() throws IOException {
        String content;
        String vae;
        try (BaseModel model = open(folder)) {
            content = model.contentHash();
            vae = model.vaeHash();
        }
        try (BaseModel original = open(DEMO)) {
            assertThat(original.contentHash()).isEqualTo(content);
        }
        Map<String, HostTensor> tensors = read(UNET);
        tensors.replaceAll((name, t) -> name.equals("conv_out.bias") ? HostTensor.of(new float[] {1, 2, 3, 4}, 4) : t);
        write(UNET, tensors);
        try (BaseModel changed = open(folder)) {
            assertThat(changed.vaeHash()).isEqualTo(vae);
            assertThat(changed.contentHash()).isNotEqualTo(content);
        }
    }

    @Test
    void wrongPathsAreNamed() {
        refusal(temp.resolve("nowhere")).hasMessageContaining("nowhere does not exist");
        refusal(temp).hasMessageContaining("has no unet/config.json");
    }

    @Test
    void filesThatAreNoSafetensorsAreRefused() throws IOException {
        refusal(Files.writeString(temp.resolve("model.ckpt"), "pickle")).hasMessageContaining("pickle");
        refusal(Files.writeString(temp.resolve("picture.jpg"), "not a model at all"))
                .hasMessageContaining("picture.jpg");
        Path file = folder.resolve(UNET);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        refusal(folder).hasMessageContaining(UNET);
    }

    @Test
    void pickledWeightsInAFolderAreRefused() throws IOException {
        Files.move(folder.resolve(UNET), folder.resolve("unet/diffusion_pytorch_model.bin"));
        refusal(folder).hasMessageContaining("unet has no weights").hasMessageContaining("convert them");
    }

    @Test
    void aFolderWithoutTokenizerIsRefused() throws IOException {
        Files.delete(folder.resolve("tokenizer/tokenizer.json"));
        Files.delete(folder.resolve("tokenizer/vocab.json"));
        refusal(folder).hasMessageContaining("tokenizer has no tokenizer.json");
    }

    @Test
    void missingExtraAndMisshapenTensorsAreListedTogether() throws IOException {
        Map<String, HostTensor> tensors = read(UNET);
        tensors.keySet().removeIf(name -> name.startsWith("mid_block.attentions.0"));
        tensors.put("conv_out.bias", HostTensor.of(new float[5], 5));
        tensors.put("conv_norm_out.bias", HostTensor.of(new long[64], 64));
        tensors.put("extra.weight", HostTensor.of(new float[1], 1));
        write(UNET, tensors);
        refusal(folder)
                .hasMessageContaining("26 tensors are missing: UNet mid_block.attentions.0.norm.weight, ")
                .hasMessageContaining(" and 16 more; ")
                .hasMessageContaining("1 tensor is of another shape: UNet conv_out.bias is [5] instead of [4]")
                .hasMessageContaining("1 tensor is not F16, BF16 or F32: UNet conv_norm_out.bias is I64")
                .hasMessageContaining("1 tensor is not part of the model: UNet extra.weight");
    }

    @Test
    void otherModelsAreRecognised() {
        assertKind("SDXL", Map.of("conditioner.embedders.0.transformer.text_model.final_layer_norm.bias", shape(4)));
        assertKind("LLaMA", Map.of("model.layers.0.self_attn.k_proj.weight", shape(4, 4)));
        assertKind("LoRA", Map.of("lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", shape(4, 4)));
        assertKind("VAE alone", Map.of("encoder.conv_in.weight", shape(4, 3, 3, 3)));
        assertKind("BLIP", Map.of("vision_model.x.weight", shape(1), "text_decoder.x.weight", shape(1)));
        assertKind("Flux", Map.of("double_blocks.0.img_attn.qkv.weight", shape(1)));
        String unet = "model.diffusion_model.";
        assertKind(
                "Stable Diffusion 2",
                Map.of(
                        unet + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
                        shape(320, 1024),
                        "cond_stage_model.model.ln_final.bias",
                        shape(1024)));
        assertKind(
                "inpainting",
                Map.of(unet + "input_blocks.0.0.weight", shape(320, 9, 3, 3), "first_stage_model.x", shape(1)));
        assertKind("UNet alone", Map.of(unet + "input_blocks.0.0.weight", shape(320, 4, 3, 3)));
        refusal(folder.resolve(UNET)).hasMessageContaining("give the folder");
    }

    @Test
    void relativesInDiffusersFoldersAreRecognised() throws IOException {
        assertRefusedWith("unet/config.json", "\"cross_attention_dim\": 64", "\"cross_attention_dim\": 1024", "2.x");
        assertRefusedWith("unet/config.json", "\"cross_attention_dim\": 64", "\"cross_attention_dim\": 2048", "SDXL");
        assertRefusedWith("unet/config.json", "\"in_channels\": 4", "\"in_channels\": 9", "inpainting");
        assertRefusedWith("unet/config.json", "\"cross_attention_dim\": 64", "\"cross_attention_dim\": 96", "width 96");
    }

    @Test
    void unsupportedConfigValuesNameTheirKey() throws IOException {
        assertRefusedWith("unet/config.json", "\"act_fn\": \"silu\"", "\"act_fn\": \"mish\"", "act_fn = \"mish\"");
        assertRefusedWith("unet/config.json", "\"UpBlock2D\"", "\"AttnUpBlock2D\"", "up_block_types");
        assertRefusedWith("text_encoder/config.json", "\"quick_gelu\"", "\"relu\"", "hidden_act = \"relu\"");
        assertRefusedWith("vae/config.json", "\"latent_channels\": 4", "\"latent_channels\": 16", "latent_channels");
        assertRefusedWith("scheduler/scheduler_config.json", "\"epsilon\"", "\"v_prediction\"", "prediction_type");
        assertRefusedWith("scheduler/scheduler_config.json", "\"beta_end\": 0.012", "\"beta_end\": 0.", "valid JSON");
    }

    private void assertRefusedWith(String file, String from, String to, String words) throws IOException {
        Path path = folder.resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(from);
        Files.writeString(path, text.replace(from, to));
        refusal(folder).hasMessageContaining(words).hasMessageContaining(folder.toString());
        Files.writeString(path, text);
    }

    private void assertKind(String words, Map<String, long[]> shapes) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> tensors.put(
                name, HostTensor.of(new float[(int) Shapes.size(shape)], shape).cast(DType.F16)));
        Path file = temp.resolve("other.safetensors");
        write(file, tensors);
        refusal(file).hasMessageContaining("it looks like").hasMessageContaining(words);
    }

    private static long[] shape(long... shape) {
        return shape;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refusal(Path path) {
        return assertThatThrownBy(() -> open(path).close()).isInstanceOf(UserError.class);
    }

    private static BaseModel open(Path path) {
        return BaseModel.open(hadoop(path), new Configuration());
    }

    private String contentHash() {
        try (BaseModel model = open(folder)) {
            return model.contentHash();
        }
    }

    private void rewrite(String file, UnaryOperator<String> rename) {
        Map<String, HostTensor> renamed = new LinkedHashMap<>();
        read(file).forEach((name, tensor) -> renamed.put(rename.apply(name), tensor));
        assertThat(renamed.keySet()).isNotEqualTo(read(file).keySet());
        write(file, renamed);
    }

    private Map<String, HostTensor> read(String file) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile source = SafetensorsFile.open(folder.resolve(file))) {
            source.names().forEach(name -> tensors.put(name, source.tensor(name)));
        }
        return tensors;
    }

    private void write(String file, Map<String, HostTensor> tensors) {
        write(folder.resolve(file), tensors);
    }

    private static void write(Path file, Map<String, HostTensor> tensors) {
        SafetensorsWriter.write(hadoop(file), new Configuration(), tensors, Map.of("format", "pt"));
    }

    private static org.apache.hadoop.fs.Path hadoop(Path path) {
        return new org.apache.hadoop.fs.Path(path.toAbsolutePath().normalize().toUri());
    }
}
