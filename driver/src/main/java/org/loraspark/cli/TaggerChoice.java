package org.loraspark.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.infer.TaggerOptions;
import picocli.CommandLine.Option;

/** The options of a tagger. */
final class TaggerChoice {
    @Option(
            names = "--general-threshold",
            paramLabel = "P",
            description = "WD14: probability from which a general tag is said (default: ${DEFAULT-VALUE}).")
    private double general = TaggerOptions.DEFAULT.generalThreshold();

    @Option(
            names = "--character-threshold",
            paramLabel = "P",
            description = "WD14: probability from which a character is named (default: ${DEFAULT-VALUE}).")
    private double character = TaggerOptions.DEFAULT.characterThreshold();

    @Option(names = "--underscores", description = "WD14: write long_hair; otherwise long hair.")
    private boolean underscores;

    @Option(names = "--exclude-tags", split = ",", paramLabel = "TAG", description = "WD14: tags never said.")
    private List<String> excluded = new ArrayList<>();

    @Option(
            names = "--prepend-tags",
            split = ",",
            paramLabel = "TAG",
            description = "WD14: tags before all others in every caption.")
    private List<String> first = new ArrayList<>();

    @Option(
            names = "--append-tags",
            split = ",",
            paramLabel = "TAG",
            description = "WD14: tags behind all others in every caption.")
    private List<String> last = new ArrayList<>();

    @Option(
            names = "--replace-tags",
            split = ",",
            paramLabel = "TAG=OTHER",
            description = "WD14: what is said instead of a tag.")
    private Map<String, String> replaced = new LinkedHashMap<>();

    TaggerOptions options() {
        Map<String, String> stripped = new LinkedHashMap<>();
        replaced.forEach((tag, other) -> stripped.put(tag.strip(), other.strip()));
        return new TaggerOptions(
                general, character, underscores, stripped(excluded), stripped(first), stripped(last), stripped);
    }

    private static List<String> stripped(List<String> tags) {
        return tags.stream().map(String::strip).filter(tag -> !tag.isEmpty()).toList();
    }
}
