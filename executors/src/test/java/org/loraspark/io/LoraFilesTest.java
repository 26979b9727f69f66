package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.loraspark.UserError;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

class LoraFilesTest {
    private static final String MODULE = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
    private static final String KEY = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q";

    @TempDir
    java.nio.file.Path folder;

    private final Configuration conf = new Configuration();

    private Path path(String name) {
        return new Path(folder.resolve(name).toString());
    }

    private Path file(Map<String, HostTensor> tensors, Map<String, String> metadata) {
        SafetensorsWriter.write(path("in.safetensors"), conf, tensors, metadata);
        return path("in.safetensors");
    }

    private static HostTensor ones(long... shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.fill(values, 1);
        return HostTensor.of(values, shape);
    }

    private static Map<String, HostTensor> pair(String prefix, String down, String up, int rank) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put(prefix + down, ones(rank, 6));
        tensors.put(prefix + up, ones(5, rank));
        return tensors;
    }

    /** Modules by name, whatever their order. */
    private static void assertSame(LoraWeights actual, LoraWeights expected, DType dtype) {
        LoraLayout layout = expected.layout();
        assertThat(actual.layout().modules()).hasSameSizeAs(layout.modules());
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule module = layout.modules().get(i);
            int at = actual.layout().indexOf(module.name());
            assertThat(actual.layout().modules().get(at)).isEqualTo(module);
            assertThat(actual.down(at)).isEqualTo(rounded(expected.down(i), dtype));
            assertThat(actual.up(at)).isEqualTo(rounded(expected.up(i), dtype));
        }
    }

    private static float[] rounded(float[] values, DType dtype) {
        return HostTensor.of(values, values.length).cast(dtype).toFloats();
    }

    @Test
    void realWidthsGive792KeysOfTheFormatsShapes() {
        LoraWeights weights = Sd15Adapter.random(4, 2);
        KohyaFile.write(path("a.safetensors"), conf, weights, DType.F16, new KohyaMetadata());
        try (SafetensorsFile file = SafetensorsFile.open(path("a.safetensors"), conf)) {
            assertThat(file.names()).hasSize(792);
            assertThat(weights.layout().size()).isEqualTo(4 * 589_824);
            assertThat(file.names()).allMatch(key -> file.info(key).dtype().equals("F16"));
            String proj = "lora_unet_up_blocks_3_attentions_2_proj_in";
            assertThat(file.info(proj + ".lora_down.weight").shape()).containsExactly(4, 320, 1, 1);
            assertThat(file.info(proj + ".lora_up.weight").shape()).containsExactly(320, 4, 1, 1);
            assertThat(file.info(proj + ".alpha").shape()).isEmpty();
            String feedForward = "lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_0_proj";
            assertThat(file.info(feedForward + ".lora_down.weight").shape()).containsExactly(4, 1280);
            assertThat(file.info(feedForward + ".lora_up.weight").shape()).containsExactly(10240, 4);
            assertThat(file.names().stream().map(key -> key.substring(key.indexOf('.'))))
                    .containsOnly(".lora_down.weight", ".lora_up.weight", ".alpha");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void kohyaAndPeftFilesAreReadBack(DType dtype) {
        LoraWeights weights = Sd15Adapter.random(2, 0.5);
        KohyaFile.write(path("kohya.safetensors"), conf, weights, dtype, new KohyaMetadata());
        PeftFile.write(path("peft/" + PeftFile.FILE_NAME), conf, weights, dtype);
        LoraFile kohya = LoraFiles.read(path("kohya.safetensors"), conf);
        LoraFile peft = LoraFiles.read(path("peft"), conf);
        assertThat(kohya.dialect()).isEqualTo(LoraFile.Dialect.KOHYA);
        assertThat(peft.dialect()).isEqualTo(LoraFile.Dialect.PEFT);
        assertThat(List.of(kohya.dtype(), peft.dtype())).containsOnly(dtype);
        assertSame(kohya.weights(), weights, dtype);
        assertSame(peft.weights(), weights, dtype);
    }

    @Test
    void ranksAndAlphasMayDifferByModule() {
        LoraWeights weights = Sd15Adapter.filled(List.of(
                Sd15Adapter.linear("text_encoder.text_model.encoder.layers.0.mlp.fc1", 6, 5, 3, 1.5),
                Sd15Adapter.linear(MODULE, 6, 5, 2, 8),
                Sd15Adapter.linear(MODULE.replace("to_q", "to_k"), 6, 5, 2, 8),
                Sd15Adapter.linear(MODULE.replace("to_q", "to_v"), 6, 5, 4, 4 * Math.sqrt(4))));
        KohyaFile.write(path("kohya.safetensors"), conf, weights, DType.F32, new KohyaMetadata());
        PeftFile.write(path("peft.safetensors"), conf, weights, DType.F32);
        LoraFile kohya = LoraFiles.read(path("kohya.safetensors"), conf);
        assertSame(kohya.weights(), weights, DType.F32);
        assertSame(LoraFiles.read(path("peft.safetensors"), conf).weights(), weights, DType.F32);
        assertThat(kohya.metadata()).containsEntry("ss_network_dim", "Dynamic");
        assertThat(kohya.arrangedAs(weights.layout())).isEqualTo(weights);
    }

    @Test
    void recordedAdapterOfTheReferenceIsRead() throws IOException {
        Path golden = new Path("src/test/resources/golden/lora.safetensors");
        LoraFile lora = LoraFiles.read(golden, conf);
        assertThat(lora.weights().layout().modules()).hasSize(210);
        int at = lora.weights().layout().indexOf("unet.down_blocks.0.attentions.0.proj_in");
        LoraModule module = lora.weights().layout().modules().get(at);
        try (SafetensorsFile file = SafetensorsFile.open(golden, conf)) {
            HostTensor down = file.tensor("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight");
            HostTensor alpha = file.tensor("lora_unet_down_blocks_0_attentions_0_proj_in.alpha");
            assertThat(module.kind()).isEqualTo(LoraModule.Kind.CONV1X1);
            assertThat(module.rank()).isEqualTo(4);
            assertThat(module.alpha()).isEqualTo(alpha.toFloats()[0]).isNotEqualTo(4);
            assertThat(lora.weights().down(at)).isEqualTo(down.toFloats());
        }
        Map<String, HostTensor> again = KohyaFile.tensors(lora.weights(), DType.F32);
        try (SafetensorsFile file = SafetensorsFile.open(golden, conf)) {
            assertThat(again.keySet()).isEqualTo(Set.copyOf(file.names()));
            again.forEach((key, tensor) -> {
                assertThat(tensor.shape()).isEqualTo(file.info(key).shape());
                assertThat(tensor.data()).isEqualTo(file.tensor(key).data());
            });
        }
    }

    @Test
    void hashesAreThoseOfTheFormat() throws Exception {
        Path path = path("a.safetensors");
        KohyaFile.write(path, conf, Sd15Adapter.random(4, 2), DType.F16, new KohyaMetadata().seed(1));
        byte[] bytes = Files.readAllBytes(folder.resolve("a.safetensors"));
        int dataStart =
                8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        sha.update(bytes, dataStart, bytes.length - dataStart);
        LoraFile file = LoraFiles.read(path, conf);
        assertThat(file.metadata())
                .containsEntry("sshs_model_hash", HexFormat.of().formatHex(sha.digest()));
        // In an order that is the same in every process.
        String header = new String(bytes, 8, dataStart - 8, StandardCharsets.UTF_8);
        assertThat(header).containsSubsequence("\"ss_seed\"", "\"sshs_model_hash\"", "\"sshs_legacy_hash\"");

        Map<String, String> training = new LinkedHashMap<>(file.metadata());
        training.keySet().removeIf(key -> !key.startsWith("ss_"));
        java.io.ByteArrayOutputStream plain = new java.io.ByteArrayOutputStream();
        SafetensorsWriter.write(plain, KohyaFile.tensors(file.weights(), DType.F16), training);
        sha.update(plain.toByteArray(), 0x100000, 0x10000);
        assertThat(file.metadata())
                .containsEntry(
                        "sshs_legacy_hash",
                        HexFormat.of().formatHex(sha.digest()).substring(0, 8));
        assertThat(ModelHash.of(path, conf).sha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    }

    @Test
    void smallFileHasTheLegacyHashOfNothing() {
        LoraWeights weights = Sd15Adapter.filled(List.of(Sd15Adapter.linear(MODULE, 6, 5, 2, 8)));
        KohyaFile.write(path("small.safetensors"), conf, weights, DType.F32, new KohyaMetadata());
        assertThat(LoraFiles.read(path("small.safetensors"), conf).metadata())
                .containsEntry("sshs_legacy_hash", "e3b0c442");
    }

    @Test
    void alphaIsReadInAnyNumericTypeAndDefaultsToTheRank() {
        Map<String, HostTensor> tensors = pair(KEY, ".lora_down.weight", ".lora_up.weight", 4);
        assertThat(onlyModule(tensors, Map.of()).alpha()).isEqualTo(4);
        tensors.put(KEY + ".alpha", HostTensor.of(new long[] {3}));
        assertThat(onlyModule(tensors, Map.of()).alpha()).isEqualTo(3);
        tensors.put(KEY + ".alpha", HostTensor.of(new float[] {2.5f}, 1).cast(DType.BF16));
        assertThat(onlyModule(tensors, Map.of()).alpha()).isEqualTo(2.5);
        tensors.put(KEY + ".alpha", HostTensor.of(new float[] {0}));
        assertThat(onlyModule(tensors, Map.of()).alpha()).isEqualTo(4);
    }

    private LoraModule onlyModule(Map<String, HostTensor> tensors, Map<String, String> metadata) {
        List<LoraModule> modules =
                LoraFiles.read(file(tensors, metadata), conf).weights().layout().modules();
        assertThat(modules).hasSize(1);
        assertThat(modules.get(0).name()).isEqualTo(MODULE);
        assertThat(modules.get(0).in()).isEqualTo(6);
        assertThat(modules.get(0).out()).isEqualTo(5);
        return modules.get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q, .lora_A.weight, .lora_B.weight",
        "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q, .lora.down.weight, .lora.up.weight",
        "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q, _lora.down.weight, _lora.up.weight",
        "lora_unet_middle_block_1_transformer_blocks_0_attn1_to_q, .lora_down.weight, .lora_up.weight"
    })
    void everySpellingOfTheFieldIsRead(String module, String down, String up) {
        assertThat(onlyModule(pair(module, down, up, 4), Map.of()).rank()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"unet.r\":4,\"unet.lora_alpha\":8} | 8",
                "{\"unet.r\":4,\"unet.lora_alpha\":8,\"unet.use_rslora\":true} | 16",
                "{\"unet.r\":4,\"unet.lora_alpha\":8,\"unet.alpha_pattern\":{\"attn1.to_q\":3}} | 3",
                "{\"unet.r\":4,\"unet.lora_alpha\":8,\"unet.alpha_pattern\":{\"attn1.to_k\":3}} | 8",
                "{\"text_encoder.lora_alpha\":8} | 4"
            })
    void peftAlphaComesFromTheAdapterConfig(String config, double alpha) {
        Map<String, HostTensor> tensors = pair(MODULE, ".lora_A.weight", ".lora_B.weight", 4);
        Map<String, String> metadata = Map.of("format", "pt", "lora_adapter_metadata", config);
        assertThat(onlyModule(tensors, metadata).alpha()).isEqualTo(alpha);
    }

    @Test
    void unknownKeysAreListedUpToTen() {
        Map<String, HostTensor> tensors = pair(KEY, ".lora_down.weight", ".lora_up.weight", 4);
        for (int i = 10; i < 22; i++) {
            tensors.put("lora_unet_down_blocks_0_resnets_" + i + "_conv1.lora_down.weight", ones(4, 2, 3, 3));
        }
        assertThatThrownBy(() -> LoraFiles.read(file(tensors, Map.of()), conf))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("LoCon")
                .hasMessageContaining("12 of its 14 keys are unknown")
                .hasMessageContaining("resnets_19_conv1")
                .hasMessageNotContaining("resnets_20_conv1");
    }

    @Test
    void adaptersOfOtherModelsAreNamed() {
        assertRefused(pair("lora_te1_x", ".lora_down.weight", ".lora_up.weight", 2), Map.of(), "SDXL");
        assertRefused(
                pair(KEY, ".lora_down.weight", ".lora_up.weight", 2),
                Map.of("ss_base_model_version", "sdxl_base_v1-0"),
                "SDXL");
        assertRefused(
                pair(KEY, ".lora_down.weight", ".lora_up.weight", 2), Map.of("ss_v2", "True"), "Stable Diffusion 2");
        String context = KEY.replace("attn1_to_q", "attn2_to_k");
        assertRefused(
                Map.of(context + ".lora_down.weight", ones(1, 1024), context + ".lora_up.weight", ones(3, 1)),
                Map.of(),
                "Stable Diffusion 2");
        assertRefused(pair("transformer.x", ".lora_A.weight", ".lora_B.weight", 2), Map.of(), "FLUX");
        assertRefused(
                pair("base_model.model.model.layers.0.self_attn.q_proj", ".lora_A.weight", ".lora_B.weight", 2),
                Map.of(),
                "language model");
        assertRefused(Map.of("model.diffusion_model.out.0.weight", ones(2)), Map.of(), "whole base model");
        assertRefused(Map.of(KEY + ".hada_w1_a", ones(2, 2)), Map.of(), "LoHa");
    }

    private void assertRefused(Map<String, HostTensor> tensors, Map<String, String> metadata, String words) {
        assertThatThrownBy(() -> LoraFiles.read(file(tensors, metadata), conf))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("in.safetensors")
                .hasMessageContaining(words);
    }

    @Test
    void incompleteModulesAreRefused() {
        assertRefused(Map.of(KEY + ".lora_down.weight", ones(2, 6)), Map.of(), "lacks its down or its up");
        assertRefused(
                Map.of(KEY + ".lora_down.weight", ones(2, 6), KEY + ".lora_up.weight", ones(5, 3)),
                Map.of(),
                "ranks of module");
        assertRefused(
                Map.of(KEY + ".lora_down.weight", ones(2, 6, 3, 3), KEY + ".lora_up.weight", ones(5, 2, 1, 1)),
                Map.of(),
                "matrix of shape [2,6,3,3]");
    }

    @Test
    void valuesThatAreNotFiniteAreNotWritten() {
        LoraWeights weights = Sd15Adapter.filled(List.of(Sd15Adapter.linear(MODULE, 6, 5, 2, 8)));
        weights.values()[3] = 70_000;
        KohyaFile.write(path("a.safetensors"), conf, weights, DType.BF16, new KohyaMetadata());
        assertThatThrownBy(() -> KohyaFile.write(path("b.safetensors"), conf, weights, DType.F16, new KohyaMetadata()))
                .hasMessageContaining(MODULE)
                .hasMessageContaining("not finite as F16");
        assertThat(folder.resolve("b.safetensors")).doesNotExist();
    }

    @Test
    void anotherLayoutIsRefusedByName() {
        LoraWeights weights = Sd15Adapter.filled(List.of(Sd15Adapter.linear(MODULE, 6, 5, 2, 8)));
        KohyaFile.write(path("a.safetensors"), conf, weights, DType.F32, new KohyaMetadata());
        LoraFile file = LoraFiles.read(path("a.safetensors"), conf);
        assertThatThrownBy(() -> file.arrangedAs(new LoraLayout(List.of(Sd15Adapter.linear(MODULE, 6, 5, 3, 8)))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(MODULE + " is 6 to 5 of rank 2, not 6 to 5 of rank 3");
    }
}
