package org.loraspark.infer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.loraspark.UserError;
import org.loraspark.data.CsvReader;

/**
 * What the outputs of a WD14 tagger stand for: the rows of its {@code selected_tags.csv}, {@code tag_id,name,category,
 * count}, one for each output and in their order. Category 0 is a general tag, 4 a character; 9 is one of the ratings
 * (general, sensitive, questionable, explicit), which are not said. Facts: SmilingWolf's model cards.
 */
final class SelectedTags {
    private static final int GENERAL = 0;
    private static final int CHARACTER = 4;

    /** Underscores of these are drawn, not blanks. */
    private static final Set<String> FACES = Set.of(
            "0_0", "(o)_(o)", "+_+", "+_-", "._.", "<o>_<o>", "<|>_<|>", "=_=", ">_<", "3_3", "6_9", ">_o", "@_@",
            "^_^", "o_o", "u_u", "x_x", "|_|", "||_||");

    private record Tag(String name, int category) {}

    private final List<Tag> tags;
    private final TaggerOptions options;
    private final Set<String> excluded;
    private final Map<String, String> replaced;

    private SelectedTags(List<Tag> tags, TaggerOptions options) {
        this.tags = tags;
        this.options = options;
        this.excluded = options.excluded().stream().map(SelectedTags::key).collect(Collectors.toSet());
        this.replaced = options.replaced().entrySet().stream()
                .collect(Collectors.toMap(entry -> key(entry.getKey()), Map.Entry::getValue, (a, b) -> b));
    }

    /** @param source names the file in a refusal */
    static SelectedTags parse(String csv, String source, TaggerOptions options) {
        List<CsvReader.Row> rows = CsvReader.read(csv, source);
        List<String> header = rows.isEmpty() ? List.of() : rows.get(0).fields();
        int name = header.indexOf("name");
        int category = header.indexOf("category");
        if (name < 0 || category < 0) {
            throw new UserError(source + " must begin with the columns tag_id,name,category,count, got "
                    + String.join(",", header));
        }
        List<Tag> tags = new ArrayList<>();
        for (CsvReader.Row row : rows.subList(1, rows.size())) {
            List<String> fields = row.fields();
            if (fields.size() != header.size()) {
                throw new UserError(source + " line " + row.line() + " has " + fields.size() + " fields, its header "
                        + header.size());
            }
            try {
                tags.add(new Tag(fields.get(name), Integer.parseInt(fields.get(category))));
            } catch (NumberFormatException e) {
                throw new UserError(
                        source + " line " + row.line() + ": category " + fields.get(category) + " is no number", e);
            }
        }
        return new SelectedTags(tags, options);
    }

    int count() {
        return tags.size();
    }

    /**
     * The tags that reach their threshold, the surest first, joined with {@code ", "}.
     *
     * @param probabilities one for each tag
     */
    String caption(float[] probabilities) {
        Set<String> said = new LinkedHashSet<>(options.first());
        IntStream.range(0, tags.size())
                .filter(i -> probabilities[i] >= threshold(tags.get(i)))
                .boxed()
                .sorted(Comparator.comparing(i -> -probabilities[i]))
                .map(i -> tags.get(i).name())
                .filter(name -> !excluded.contains(key(name)))
                .map(name -> replaced.containsKey(key(name)) ? replaced.get(key(name)) : spelled(name))
                .forEach(said::add);
        said.removeAll(options.last());
        said.addAll(options.last());
        return String.join(", ", said);
    }

    private double threshold(Tag tag) {
        return switch (tag.category) {
            case GENERAL -> options.generalThreshold();
            case CHARACTER -> options.characterThreshold();
            default -> Double.POSITIVE_INFINITY;
        };
    }

    private String spelled(String name) {
        boolean face = name.length() <= 3 || FACES.contains(name);
        return options.underscores() || face ? name : name.replace('_', ' ');
    }

    private static String key(String name) {
        return name.strip().replace('_', ' ').toLowerCase(Locale.ROOT);
    }
}
