package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InfoTextTest {
    @Test
    void textHasTheFormThatGalleriesRead() {
        Map<String, String> hashes = new LinkedHashMap<>();
        hashes.put("ink", "0123456789abcdef");
        hashes.put("old film", "fedcba9876543210");
        InfoText info = new InfoText(
                "a castle <lora:ink:0.8> <lora:old film:0.5>\n",
                new ImageRequest("a castle", "blurry, dark", 20, 7, Sampler.Kind.DPMPP_2M, 42, 512, 768),
                "model, v1",
                2,
                hashes,
                "lora-spark 1");
        assertThat(info.text())
                .isEqualTo("a castle <lora:ink:0.8> <lora:old film:0.5>\n"
                        + "Negative prompt: blurry, dark\n"
                        + "Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x768, Model: \"model, v1\","
                        + " Clip skip: 2, Lora hashes: \"ink: 0123456789ab, old film: fedcba987654\","
                        + " Version: lora-spark 1");
    }

    @Test
    void whatIsNotUsedIsNotMentioned() {
        InfoText info = new InfoText(
                "a castle",
                new ImageRequest("a castle", "", 5, 7.5, Sampler.Kind.EULER_A, 1, 64, 64),
                "sd15",
                1,
                Map.of(),
                "lora-spark 1");
        assertThat(info.text())
                .isEqualTo("a castle\nSteps: 5, Sampler: Euler a, CFG scale: 7.5, Seed: 1, Size: 64x64, Model: sd15,"
                        + " Version: lora-spark 1");
    }
}
