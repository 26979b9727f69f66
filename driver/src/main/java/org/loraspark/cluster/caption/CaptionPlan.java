package org.loraspark.cluster.caption;

import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.Picture;
import org.loraspark.data.PictureTree;

/**
 * A job that was checked and can start.
 *
 * @param output with scheme and full path
 * @param work folder of what the job needs until it is done
 * @param existing captions by picture, as they were when the job first began
 * @param before what an earlier start has finished
 * @param todo pictures that need words
 * @param chunks of {@code todo}, one for each task
 */
record CaptionPlan(
        CaptionOrder order,
        CaptionSettings settings,
        CaptionFormat format,
        Path output,
        Path work,
        PictureTree tree,
        Map<String, String> existing,
        Journal journal,
        Journal.Contents before,
        List<Picture> todo,
        List<List<Picture>> chunks,
        int slots) {
    boolean keeps(Picture picture) {
        return order.existing() == ExistingCaptions.KEEP
                && !existing.get(picture.name()).isEmpty();
    }

    long kept() {
        return tree.pictures().stream().filter(this::keeps).count();
    }

    long doneBefore() {
        return tree.pictures().size() - kept() - todo.size();
    }

    /** What the user reads before the start. */
    String describe() {
        StringBuilder text = new StringBuilder();
        long bytes = tree.pictures().stream().mapToLong(Picture::length).sum();
        line(
                text,
                "pictures",
                tree.pictures().size() + " in " + order.input() + " (" + Math.max(1, bytes >> 20) + " MB)");
        if (kept() > 0) {
            line(text, "", kept() + " keep their captions");
        }
        if (doneBefore() > 0) {
            line(text, "", doneBefore() + " were finished before the job was stopped");
        }
        line(
                text,
                "",
                todo.size() + " to caption in " + chunks.size() + (chunks.size() == 1 ? " task" : " tasks") + ", "
                        + slots + " at a time");
        line(text, "model", settings.describe());
        line(text, "output", output.toString());
        int problems = tree.problems().size();
        for (int i = 0; i < Math.min(3, problems); i++) {
            line(text, i == 0 ? "captions" : "", tree.problems().get(i).toString());
        }
        if (problems > 3) {
            line(text, "", "and " + (problems - 3) + " more problems in caption files");
        }
        return text.toString().stripTrailing();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("%-9s %s%n", name, value));
    }
}
