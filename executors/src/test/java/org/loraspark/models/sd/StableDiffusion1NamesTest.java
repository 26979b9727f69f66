package org.loraspark.models.sd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.loraspark.models.WeightCheck;
import org.loraspark.nn.Layers;
import org.loraspark.tensor.Shapes;

/** Every name and shape of the real model, from the original code's naming to ours. */
class StableDiffusion1NamesTest {
    private static final Map<Component, Consumer<Layers>> MODELS = Map.of(
            Component.UNET, layers -> new UNet(layers, UNetConfig.stableDiffusion1()),
            Component.TEXT_ENCODER, layers -> new TextEncoder(layers, TextEncoderConfig.clipVitL14()),
            Component.VAE, layers -> new Vae(layers, VaeConfig.stableDiffusion1()));

    private static final Map<Component, Map<String, long[]>> ORIGINAL = Map.of(
            Component.UNET, LdmCheckpoint.unet(),
            Component.TEXT_ENCODER, LdmCheckpoint.text("text_model."),
            Component.VAE, LdmCheckpoint.vae());

    @Test
    void sizesAreThoseOfTheReleasedCheckpoint() {
        assertSize(Component.UNET, 686, 859_520_964L);
        assertSize(Component.VAE, 248, 83_653_863L);
        assertSize(Component.TEXT_ENCODER, 196, 123_060_480L);
    }

    private static void assertSize(Component component, int tensors, long parameters) {
        Map<String, long[]> needed = WeightCheck.needed(MODELS.get(component));
        assertThat(needed).hasSize(tensors);
        assertThat(needed.values().stream().mapToLong(Shapes::size).sum()).isEqualTo(parameters);
    }

    @ParameterizedTest
    @EnumSource(Component.class)
    void everyOriginalNameMeansExactlyOneWeightOfTheModel(Component component) {
        Map<String, long[]> model = WeightCheck.needed(MODELS.get(component));
        Map<String, String> translated = new HashMap<>();
        ORIGINAL.get(component).forEach((key, shape) -> {
            LdmNames.Place place = LdmNames.translate(key).orElseThrow(() -> new AssertionError(key));
            assertThat(place.component()).isEqualTo(component);
            assertThat(translated.put(place.name(), key)).as(key).isNull();
            assertThat(model).as(key).containsKey(place.name());
            assertThat(Shapes.fits(shape, model.get(place.name()))).as(key).isTrue();
        });
        assertThat(translated.keySet()).isEqualTo(model.keySet());
    }

    @Test
    void whatSingleFilesCarryAlongIsNoPartOfTheModel() {
        LdmCheckpoint.extras()
                .keySet()
                .forEach(key -> assertThat(LdmNames.isKnownExtra(key)).as(key).isTrue());
        ORIGINAL.values().forEach(tensors -> assertThat(tensors.keySet()).noneMatch(LdmNames::isKnownExtra));
        assertThat(LdmNames.isKnownExtra("control_model.input_hint_block.0.weight"))
                .isFalse();
    }

    @Test
    void spotNamesAreDiffusers() {
        assertTranslation("input_blocks.3.0.op.weight", "down_blocks.0.downsamplers.0.conv.weight");
        assertTranslation("output_blocks.2.1.conv.bias", "up_blocks.0.upsamplers.0.conv.bias");
        assertTranslation("output_blocks.8.2.conv.bias", "up_blocks.2.upsamplers.0.conv.bias");
        assertTranslation("middle_block.2.out_layers.3.weight", "mid_block.resnets.1.conv2.weight");
        assertTranslation(
                "output_blocks.11.1.transformer_blocks.0.ff.net.0.proj.weight",
                "up_blocks.3.attentions.2.transformer_blocks.0.ff.net.0.proj.weight");
    }

    private static void assertTranslation(String original, String diffusers) {
        assertThat(LdmNames.translate("model.diffusion_model." + original))
                .contains(new LdmNames.Place(Component.UNET, diffusers));
    }

    @Test
    void targetsAreKohyasDefaultOnes() {
        List<Layers.Matrix> unet = LoraTargets.of(UNetConfig.stableDiffusion1(), TextEncoderConfig.clipVitL14(), false);
        List<Layers.Matrix> both = LoraTargets.of(UNetConfig.stableDiffusion1(), TextEncoderConfig.clipVitL14(), true);
        assertThat(unet).hasSize(192);
        assertThat(both).hasSize(264);
        assertThat(both.subList(0, 192)).isEqualTo(unet);
        assertThat(sumOfWidths(unet)).isEqualTo(423_936);
        assertThat(sumOfWidths(both)).isEqualTo(423_936 + 165_888);
        assertThat(both.stream().filter(Layers.Matrix::convolution)).hasSize(32);
        assertThat(both)
                .contains(new Layers.Matrix("unet.mid_block.attentions.0.proj_in", 1280, 1280, true))
                .contains(new Layers.Matrix(
                        "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k", 768, 640, false))
                .contains(new Layers.Matrix("text_encoder.text_model.encoder.layers.11.mlp.fc2", 3072, 768, false));
    }

    private static long sumOfWidths(List<Layers.Matrix> targets) {
        return targets.stream().mapToLong(t -> t.in() + t.out()).sum();
    }
}
