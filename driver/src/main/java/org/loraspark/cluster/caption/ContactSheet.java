package org.loraspark.cluster.caption;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.io.AtomicFiles;
import org.loraspark.report.Template;
import org.loraspark.report.Tiles;

/**
 * One HTML file to look a captioned folder over: pictures with their captions, how often each tag is said, pictures that
 * look alike, and what was rejected. It needs nothing beside it. Of many pictures it shows an evenly spread sample, so
 * that a telephone opens it too; the counts are of all.
 */
final class ContactSheet {
    static final int PICTURES = 600;
    private static final int GROUPS = 40;
    private static final int PICTURES_OF_GROUP = 6;
    private static final int TAGS = 60;
    private static final int REJECTED = 200;
    private static final int OPEN_PARTS = 3;

    private final CaptionPlan plan;
    private final CaptionResults results;
    private final List<List<String>> duplicates;
    private final JavaSparkContext spark;
    private final Map<String, String> captions = new LinkedHashMap<>();
    private final Map<String, Picture> pictures = new HashMap<>();

    /**
     * What {@code contact-sheet.html} shows.
     *
     * @param sample null when all pictures are shown
     * @param duplicates null when there are none
     * @param rejected null when there are none
     */
    record Page(
            String title,
            String model,
            List<Count> counts,
            Sample sample,
            List<Tag> tags,
            Part<Group> duplicates,
            Part<Problem> rejected,
            List<Figure> pictures) {}

    /** @param link to the part that shows them; empty without one */
    record Count(String number, String what, String link) {}

    record Sample(String shown, String all, String file) {}

    /** @param share of the captions, in percent */
    record Tag(String text, String number, long share) {}

    /**
     * A part of the page that may be long: then it waits until it is asked for, so that the pictures are near the top.
     *
     * @param left what is not shown; empty when all is
     */
    record Part<T>(boolean open, String number, List<T> shown, String left) {}

    /** @param more pictures that are not shown; 0 when all are */
    record Group(List<Figure> figures, int more) {}

    /** @param thumbnail a data URI; empty when the picture could not be read */
    record Figure(String thumbnail, String caption, String name) {}

    ContactSheet(CaptionPlan plan, CaptionResults results, List<List<String>> duplicates, JavaSparkContext spark) {
        this.plan = plan;
        this.results = results;
        this.duplicates = duplicates;
        this.spark = spark;
        results.lines().forEach(line -> captions.put(line.name(), line.caption()));
        plan.tree().pictures().forEach(picture -> pictures.put(picture.name(), picture));
        captions.keySet().retainAll(pictures.keySet());
    }

    void write(Path target) {
        List<String> sample = sample();
        List<List<String>> groups = duplicates.stream()
                .limit(GROUPS)
                .map(group -> group.subList(0, Math.min(group.size(), PICTURES_OF_GROUP)))
                .toList();
        Map<String, Picture> shown = new LinkedHashMap<>();
        sample.forEach(name -> shown.put(name, pictures.get(name)));
        groups.forEach(group -> group.forEach(name -> shown.put(name, pictures.get(name))));
        Map<String, byte[]> thumbnails = Thumbnails.of(List.copyOf(shown.values()), spark, plan.slots());
        Page page = new Page(
                plan.order().input(),
                plan.settings().describe(),
                counts(),
                sample.size() == captions.size()
                        ? null
                        : new Sample(
                                number(sample.size()),
                                number(captions.size()),
                                plan.output().toString()),
                tags(),
                duplicates(groups, thumbnails),
                rejected(),
                figures(sample, thumbnails));
        String html = Template.of(ContactSheet.class, "contact-sheet.html").fill(page);
        AtomicFiles.write(target, spark.hadoopConfiguration(), html.getBytes(StandardCharsets.UTF_8));
    }

    /** Evenly spread over the names, so that every folder has its share. */
    private List<String> sample() {
        List<String> names = List.copyOf(captions.keySet());
        int shown = Math.min(PICTURES, names.size());
        List<String> sample = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            sample.add(names.get((int) ((long) i * names.size() / shown)));
        }
        return sample;
    }

    private List<Count> counts() {
        int alike = duplicates.stream().mapToInt(group -> group.size() - 1).sum();
        List<Count> counts = new ArrayList<>();
        counts.add(new Count(number(results.captioned()), "captioned", ""));
        if (results.kept() > 0) {
            counts.add(new Count(number(results.kept()), "kept", ""));
        }
        if (alike > 0) {
            counts.add(new Count(number(alike), "look like another", "#duplicates"));
        }
        if (!results.rejected().isEmpty()) {
            counts.add(new Count(number(results.rejected().size()), "rejected", "#rejected"));
        }
        return counts;
    }

    private List<Tag> tags() {
        return TagCounts.of(List.copyOf(captions.values()), TAGS).stream()
                .map(tag -> new Tag(
                        tag.getKey(), number(tag.getValue()), Math.round(100.0 * tag.getValue() / captions.size())))
                .toList();
    }

    private Part<Group> duplicates(List<List<String>> groups, Map<String, byte[]> thumbnails) {
        if (groups.isEmpty()) {
            return null;
        }
        List<Group> shown = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            shown.add(new Group(
                    figures(groups.get(i), thumbnails),
                    duplicates.get(i).size() - groups.get(i).size()));
        }
        String left = groups.size() == duplicates.size()
                ? ""
                : "The first " + groups.size() + " of " + number(duplicates.size()) + " groups.";
        return new Part<>(duplicates.size() <= OPEN_PARTS, number(duplicates.size()), shown, left);
    }

    private Part<Problem> rejected() {
        List<Problem> all = results.rejected();
        if (all.isEmpty()) {
            return null;
        }
        List<Problem> shown = all.subList(0, Math.min(REJECTED, all.size()));
        String left =
                shown.size() == all.size() ? "" : "and " + number(all.size() - shown.size()) + " more, in rejected.csv";
        return new Part<>(all.size() <= OPEN_PARTS, number(all.size()), shown, left);
    }

    private List<Figure> figures(List<String> names, Map<String, byte[]> thumbnails) {
        return names.stream()
                .map(name -> new Figure(
                        thumbnails.containsKey(name) ? Tiles.uri(thumbnails.get(name)) : "",
                        captions.getOrDefault(name, ""),
                        name))
                .toList();
    }

    private static String number(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
