package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.loraspark.lora.LoraModule;

/** Our names through the renaming that other programs do before they look for a layer. */
class LoraNamesTest {
    private static final List<String> LAYERS = List.of(
            "proj_in",
            "proj_out",
            "transformer_blocks_0_attn1_to_q",
            "transformer_blocks_0_attn1_to_k",
            "transformer_blocks_0_attn1_to_v",
            "transformer_blocks_0_attn1_to_out_0",
            "transformer_blocks_0_attn2_to_q",
            "transformer_blocks_0_attn2_to_k",
            "transformer_blocks_0_attn2_to_v",
            "transformer_blocks_0_attn2_to_out_0",
            "transformer_blocks_0_ff_net_0_proj",
            "transformer_blocks_0_ff_net_2");

    /** Transformers by their place in the original checkpoint, and in diffusers. */
    private static final Map<String, String> TRANSFORMERS = Map.ofEntries(
            Map.entry("input_blocks_1_1", "down_blocks_0_attentions_0"),
            Map.entry("input_blocks_2_1", "down_blocks_0_attentions_1"),
            Map.entry("input_blocks_4_1", "down_blocks_1_attentions_0"),
            Map.entry("input_blocks_5_1", "down_blocks_1_attentions_1"),
            Map.entry("input_blocks_7_1", "down_blocks_2_attentions_0"),
            Map.entry("input_blocks_8_1", "down_blocks_2_attentions_1"),
            Map.entry("middle_block_1", "mid_block_attentions_0"),
            Map.entry("output_blocks_3_1", "up_blocks_1_attentions_0"),
            Map.entry("output_blocks_4_1", "up_blocks_1_attentions_1"),
            Map.entry("output_blocks_5_1", "up_blocks_1_attentions_2"),
            Map.entry("output_blocks_6_1", "up_blocks_2_attentions_0"),
            Map.entry("output_blocks_7_1", "up_blocks_2_attentions_1"),
            Map.entry("output_blocks_8_1", "up_blocks_2_attentions_2"),
            Map.entry("output_blocks_9_1", "up_blocks_3_attentions_0"),
            Map.entry("output_blocks_10_1", "up_blocks_3_attentions_1"),
            Map.entry("output_blocks_11_1", "up_blocks_3_attentions_2"));

    private static List<String> ourModules() {
        return Sd15Adapter.random(1, 2).layout().modules().stream()
                .map(LoraModule::name)
                .toList();
    }

    private static List<String> textLayers() {
        List<String> names = new ArrayList<>();
        for (int layer = 0; layer < 12; layer++) {
            for (String part : List.of(
                    "self_attn_q_proj",
                    "self_attn_k_proj",
                    "self_attn_v_proj",
                    "self_attn_out_proj",
                    "mlp_fc1",
                    "mlp_fc2")) {
                names.add("text_model_encoder_layers_" + layer + "_" + part);
            }
        }
        return names;
    }

    /** AUTOMATIC1111 names modules of the original checkpoint {@code diffusion_model_…} and {@code transformer_…}. */
    private static String automatic1111(String key) {
        Matcher down = Pattern.compile("lora_unet_down_blocks_(\\d+)_attentions_(\\d+)_(.+)")
                .matcher(key);
        if (down.matches()) {
            int place = 1 + 3 * Integer.parseInt(down.group(1)) + Integer.parseInt(down.group(2));
            return "diffusion_model_input_blocks_" + place + "_1_" + down.group(3);
        }
        Matcher up = Pattern.compile("lora_unet_up_blocks_(\\d+)_attentions_(\\d+)_(.+)")
                .matcher(key);
        if (up.matches()) {
            int place = 3 * Integer.parseInt(up.group(1)) + Integer.parseInt(up.group(2));
            return "diffusion_model_output_blocks_" + place + "_1_" + up.group(3);
        }
        Matcher middle =
                Pattern.compile("lora_unet_mid_block_attentions_(\\d+)_(.+)").matcher(key);
        if (middle.matches()) {
            return "diffusion_model_middle_block_1_" + middle.group(2);
        }
        return key.replaceFirst("^lora_te_text_model_encoder_layers_", "transformer_text_model_encoder_layers_");
    }

    @Test
    void automatic1111FindsEveryModuleOnce() {
        List<String> theirs = new ArrayList<>();
        TRANSFORMERS.keySet().forEach(t -> LAYERS.forEach(l -> theirs.add("diffusion_model_" + t + "_" + l)));
        textLayers().forEach(l -> theirs.add("transformer_" + l));
        List<String> found = ourModules().stream()
                .map(LoraNames::kohya)
                .map(LoraNamesTest::automatic1111)
                .toList();
        assertThat(found).hasSize(264).containsExactlyInAnyOrderElementsOf(theirs);
    }

    @Test
    void comfyUiFindsEveryModuleOnceInBothSpellings() {
        Map<String, String> keyMap = new HashMap<>();
        TRANSFORMERS.forEach((original, diffusers) -> LAYERS.forEach(layer -> {
            keyMap.put("lora_unet_" + original + "_" + layer, original + "_" + layer);
            keyMap.put("lora_unet_" + diffusers + "_" + layer, original + "_" + layer);
        }));
        textLayers().forEach(layer -> keyMap.put("lora_te_" + layer, layer));
        List<String> found =
                ourModules().stream().map(LoraNames::kohya).map(keyMap::get).toList();
        assertThat(found).hasSize(264).doesNotContainNull().doesNotHaveDuplicates();
        assertThat(keyMap.keySet())
                .allSatisfy(key -> assertThat(ourModules())
                        .contains(LoraNames.fromKohya(key).orElseThrow()));
    }

    @Test
    void diffusersTakesTheFileForKohyas() {
        assertThat(ourModules().stream().map(LoraNames::kohya))
                .allMatch(name -> name.startsWith("lora_unet_") || name.startsWith("lora_te_"));
    }

    @Test
    void everyNameIsReadBack() {
        for (String module : ourModules()) {
            assertThat(LoraNames.fromKohya(LoraNames.kohya(module))).contains(module);
            assertThat(LoraNames.fromDotted(module)).contains(module);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lora_unet_input_blocks_1_1_proj_in, unet.down_blocks.0.attentions.0.proj_in",
        "lora_unet_input_blocks_8_1_transformer_blocks_0_ff_net_0_proj,"
                + " unet.down_blocks.2.attentions.1.transformer_blocks.0.ff.net.0.proj",
        "lora_unet_middle_block_1_transformer_blocks_0_attn2_to_out_0,"
                + " unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0",
        "lora_unet_output_blocks_11_1_proj_out, unet.up_blocks.3.attentions.2.proj_out",
        "lora_te_encoder_layers_11_mlp_fc2, text_encoder.text_model.encoder.layers.11.mlp.fc2",
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out,"
                + " unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0"
    })
    void otherSpellingsMeanTheSame(String kohya, String module) {
        assertThat(LoraNames.fromKohya(kohya)).contains(module);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora_unet_input_blocks_0_1_proj_in",
                "lora_unet_input_blocks_3_1_proj_in",
                "lora_unet_down_blocks_0_resnets_0_conv1",
                "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn3_to_q",
                "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q_0",
                "lora_unet_down_blocks_0_attentions_0_norm",
                "lora_te_text_model_embeddings_token_embedding",
                "lora_te1_text_model_encoder_layers_0_mlp_fc1",
                "lora_unet_conv_in"
            })
    void otherLayersAreUnknown(String kohya) {
        assertThat(LoraNames.fromKohya(kohya)).isEmpty();
    }
}
