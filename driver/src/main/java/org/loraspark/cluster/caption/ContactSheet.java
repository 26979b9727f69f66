package org.loraspark.cluster.caption;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
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
    private static final String TEMPLATE = "contact-sheet.html";

    private final CaptionPlan plan;
    private final CaptionResults results;
    private final List<List<String>> duplicates;
    private final JavaSparkContext spark;
    private final Map<String, String> captions = new LinkedHashMap<>();
    private final Map<String, Picture> pictures = new HashMap<>();

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
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("title", escaped(plan.order().input()));
        parts.put("model", escaped(plan.settings().describe()));
        parts.put("counts", counts());
        parts.put("sample-note", sampleNote(sample.size()));
        parts.put("tags", tags());
        parts.put("duplicates", duplicates(groups, thumbnails));
        parts.put("rejected", rejected());
        parts.put("pictures", figures(sample, thumbnails));
        String page = template();
        for (Map.Entry<String, String> part : parts.entrySet()) {
            page = page.replace("{{" + part.getKey() + "}}", part.getValue());
        }
        AtomicFiles.write(target, spark.hadoopConfiguration(), page.getBytes(StandardCharsets.UTF_8));
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

    private String counts() {
        int alike = duplicates.stream().mapToInt(group -> group.size() - 1).sum();
        return count(results.captioned(), "captioned", "")
                + (results.kept() > 0 ? count(results.kept(), "kept", "") : "")
                + (alike > 0 ? count(alike, "look like another", "#duplicates") : "")
                + (results.rejected().isEmpty() ? "" : count(results.rejected().size(), "rejected", "#rejected"));
    }

    private static String count(int number, String what, String link) {
        String text = "<b>" + number(number) + "</b> " + what;
        return "<li>" + (link.isEmpty() ? text : "<a href=\"" + link + "\">" + text + "</a>") + "</li>";
    }

    private String sampleNote(int shown) {
        return shown == captions.size()
                ? ""
                : "<p class=\"note\">This page shows " + number(shown) + " of "
                        + number(captions.size())
                        + " pictures, evenly spread, and searches these. The counts are of all pictures; every caption"
                        + " is in <code>" + escaped(plan.output().toString()) + "</code>.</p>";
    }

    private String tags() {
        StringBuilder html = new StringBuilder();
        var counts = TagCounts.of(List.copyOf(captions.values()), TAGS);
        for (var tag : counts) {
            double share = (double) tag.getValue() / captions.size();
            html.append("<button type=\"button\" data-tag=\"")
                    .append(escaped(tag.getKey()))
                    .append("\" style=\"--share:")
                    .append(Math.round(share * 100))
                    .append("%\"><span>")
                    .append(escaped(tag.getKey()))
                    .append("</span><i>")
                    .append(number(tag.getValue()))
                    .append("</i></button>\n");
        }
        return html.toString();
    }

    private String duplicates(List<List<String>> groups, Map<String, byte[]> thumbnails) {
        if (groups.isEmpty()) {
            return "";
        }
        StringBuilder html = details("duplicates", "Pictures that look alike", duplicates.size());
        if (groups.size() < duplicates.size()) {
            html.append("<p class=\"note\">The first ")
                    .append(groups.size())
                    .append(" of ")
                    .append(number(duplicates.size()))
                    .append(" groups.</p>\n");
        }
        for (int i = 0; i < groups.size(); i++) {
            html.append("<div class=\"group\">").append(figures(groups.get(i), thumbnails));
            int more = duplicates.get(i).size() - groups.get(i).size();
            html.append(more > 0 ? "<p class=\"note\">and " + more + " more</p>" : "")
                    .append("</div>\n");
        }
        return html.append("</div></details>").toString();
    }

    private String rejected() {
        List<Problem> rejected = results.rejected();
        if (rejected.isEmpty()) {
            return "";
        }
        StringBuilder html = details("rejected", "Rejected", rejected.size()).append("<dl>\n");
        for (Problem problem : rejected.subList(0, Math.min(REJECTED, rejected.size()))) {
            html.append("<dt>")
                    .append(escaped(problem.path()))
                    .append("</dt><dd>")
                    .append(escaped(problem.reason()))
                    .append("</dd>\n");
        }
        html.append("</dl>\n");
        if (rejected.size() > REJECTED) {
            html.append("<p class=\"note\">and ")
                    .append(rejected.size() - REJECTED)
                    .append(" more, in rejected.csv</p>\n");
        }
        return html.append("</div></details>").toString();
    }

    /** A long part waits until it is asked for, so that the pictures are near the top. */
    private static StringBuilder details(String id, String title, int count) {
        return new StringBuilder("<details")
                .append(count <= OPEN_PARTS ? " open" : "")
                .append("><summary>")
                .append(title)
                .append(" (")
                .append(number(count))
                .append(")</summary>\n<div id=\"")
                .append(id)
                .append("\">\n");
    }

    private static String number(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private String figures(List<String> names, Map<String, byte[]> thumbnails) {
        StringBuilder html = new StringBuilder();
        for (String name : names) {
            byte[] webp = thumbnails.get(name);
            html.append("<figure><div>");
            if (webp != null) {
                html.append("<img alt=\"\" loading=\"lazy\" decoding=\"async\" src=\"data:image/webp;base64,")
                        .append(Base64.getEncoder().encodeToString(webp))
                        .append("\">");
            }
            html.append("</div><figcaption>")
                    .append(escaped(captions.getOrDefault(name, "")))
                    .append("<small>")
                    .append(escaped(name))
                    .append("</small></figcaption></figure>\n");
        }
        return html.toString();
    }

    private static String template() {
        try (InputStream in = ContactSheet.class.getResourceAsStream(TEMPLATE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the page's template", e);
        }
    }

    /** Braces too, so that no caption is taken for a part of the template. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("{", "&#123;");
    }
}
