package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TemplateTest {
    private record Page(String name, List<Item> items, List<String> none, Integer zero, Item missing) {}

    private record Item(String label) {}

    private static final Page PAGE =
            new Page("<b>&\"'", List.of(new Item("one"), new Item("{{name}}")), List.of(), 0, null);

    @Test
    void valuesAreEscapedAndNeverReadAsTags() {
        assertThat(fill("{{name}}")).isEqualTo("&lt;b&gt;&amp;&quot;&#39;");
        assertThat(fill("{{#items}}[{{label}}]{{/items}}")).isEqualTo("[one][{{name}}]");
    }

    @Test
    void sectionsFollowWhatIsThere() {
        assertThat(fill("{{?items}}yes{{/items}}{{^items}}no{{/items}}")).isEqualTo("yes");
        for (String name : List.of("none", "zero", "missing")) {
            assertThat(fill("{{?%1$s}}yes{{/%1$s}}{{#%1$s}}each{{/%1$s}}{{^%1$s}}no{{/%1$s}}".formatted(name)))
                    .isEqualTo("no");
        }
        assertThat(fill("{{#items}}{{name}}{{/items}}")).hasSize(2 * "&lt;b&gt;&amp;&quot;&#39;".length());
    }

    @Test
    void mistakesInAPageAreErrors() {
        assertThatThrownBy(() -> fill("{{nmae}}")).hasMessageContaining("nmae");
        assertThatThrownBy(() -> fill("{{#items}}")).hasMessageContaining("items is not closed");
        assertThatThrownBy(() -> fill("{{#items}}{{/none}}")).hasMessageContaining("{{/none}}");
        assertThatThrownBy(() -> Template.named("no.html")).hasMessageContaining("no.html");
    }

    private static String fill(String source) {
        return Template.of("page", source).fill(PAGE);
    }
}
