package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.lora.LoraLayout;

class KohyaMetadataTest {
    private static final LoraLayout LAYOUT = new LoraLayout(
            List.of(Sd15Adapter.linear("unet.mid_block.attentions.0.proj_in", 6, 5, 8, 16 * Math.sqrt(8))));

    @Test
    void kindOfModelRankAndAlphaAreAlwaysThere() {
        assertThat(new KohyaMetadata().complete(LAYOUT))
                .containsEntry("ss_v2", "False")
                .containsEntry("ss_base_model_version", "sd_v1")
                .containsEntry("ss_network_module", "networks.lora")
                .containsEntry("ss_network_dim", "8")
                .containsEntry("ss_network_alpha", "45.254833995939045")
                .containsEntry("modelspec.architecture", "stable-diffusion-v1/lora")
                .containsEntry("modelspec.sai_model_spec", "1.0.1")
                .doesNotContainKey("ss_training_started_at")
                .doesNotContainKey("modelspec.date");
    }

    @Test
    void entriesArePrintedAsPythonPrintsThem() {
        Map<String, String> all = new KohyaMetadata()
                .outputName("style")
                .learningRates(1e-4, 5e-5)
                .steps(100, 200)
                .epochs(1, 2)
                .batch(2, 3, 12)
                .optimizer("torch.optim.adamw.AdamW(weight_decay=0.01)", 1)
                .scheduler("cosine", 10)
                .seed(42)
                .clipSkip(2)
                .resolution(512, 768)
                .networkDropout(0)
                .baseModel("v1-5.safetensors")
                .baseModelHash(new ModelHash("e1441589", "6ce0161689"))
                .trainedBetween(Instant.ofEpochSecond(1000), Instant.ofEpochMilli(2_000_500))
                .entry("lora_spark_config", "abc")
                .complete(LAYOUT);
        assertThat(all)
                .containsEntry("ss_output_name", "style")
                .containsEntry("modelspec.title", "style")
                .containsEntry("ss_unet_lr", "0.0001")
                .containsEntry("ss_text_encoder_lr", "5e-05")
                .containsEntry("ss_steps", "100")
                .containsEntry("ss_num_epochs", "2")
                .containsEntry("ss_total_batch_size", "12")
                .containsEntry("ss_max_grad_norm", "1.0")
                .containsEntry("ss_seed", "42")
                .containsEntry("modelspec.encoder_layer", "2")
                .containsEntry("ss_resolution", "512,768")
                .containsEntry("modelspec.resolution", "512x768")
                .containsEntry("ss_network_dropout", "None")
                .containsEntry("ss_new_sd_model_hash", "6ce0161689")
                .containsEntry("ss_training_finished_at", "2000.5")
                .containsEntry("lora_spark_config", "abc");
        assertThat(all.get("modelspec.date")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d");
    }

    @Test
    void tagsAreCountedPerFolder() {
        Map<String, Integer> tags = KohyaMetadata.tagFrequency(List.of("A Cat,  red ", "a cat, blue,", ""));
        Map<String, String> all =
                new KohyaMetadata().dataset("10_cats", 10, 3, tags).complete(LAYOUT);
        assertThat(all)
                .containsEntry("ss_dataset_dirs", "{\"10_cats\":{\"n_repeats\":10,\"img_count\":3}}")
                .containsEntry("ss_tag_frequency", "{\"10_cats\":{\"a cat\":2,\"blue\":1,\"red\":1}}");
    }

    @ParameterizedTest
    @CsvSource({
        "1e-5, 1e-05",
        "0.0001, 0.0001",
        "0.000123, 0.000123",
        "1, 1.0",
        "-2.5, -2.5",
        "1e15, 1000000000000000.0",
        "1e16, 1e+16",
        "1.5e-7, 1.5e-07",
        "2.5e120, 2.5e+120",
        "0, 0.0"
    })
    void doublesLookAsInPython(double value, String text) {
        assertThat(PythonFloat.of(value)).isEqualTo(text);
    }
}
