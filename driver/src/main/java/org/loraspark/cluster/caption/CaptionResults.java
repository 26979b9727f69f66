package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.data.PerceptualHash;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;

/**
 * Every picture's caption or the reason why it has none, each exactly once.
 *
 * @param lines sorted by name, with those of a caption file that is added to and whose pictures are not there
 * @param captioned how many are new
 * @param kept how many are as they were
 * @param looks of the pictures that were opened, in their order
 */
record CaptionResults(
        List<CaptionLine> lines, List<Problem> rejected, int captioned, int kept, Map<String, PerceptualHash> looks) {
    private static final String NOTHING_SAID = "the model has no words for it: no tag reaches its threshold";

    static CaptionResults of(CaptionPlan plan, Journal.Contents journal) {
        CaptionFrame frame =
                new CaptionFrame(plan.order().prefix(), plan.order().suffix());
        List<CaptionLine> lines = new ArrayList<>();
        List<Problem> rejected = new ArrayList<>(plan.tree().foreign());
        Map<String, PerceptualHash> looks = new LinkedHashMap<>();
        int kept = 0;
        for (Picture picture : plan.tree().pictures()) {
            String existing = plan.existing().get(picture.name());
            if (plan.keeps(picture)) {
                lines.add(new CaptionLine(picture.name(), existing));
                kept++;
                continue;
            }
            Finished finished = journal.find(picture);
            if (finished == null) {
                throw new IllegalStateException("all tasks are done, but nothing is recorded of " + picture.path());
            }
            if (finished.isRejected()) {
                rejected.add(new Problem(picture.name(), finished.problem()));
                continue;
            }
            looks.put(picture.name(), PerceptualHash.parse(finished.look()));
            String caption = frame.around(
                    existing.isEmpty() || finished.caption().isEmpty()
                            ? existing + finished.caption()
                            : existing + ", " + finished.caption());
            if (caption.isEmpty()) {
                rejected.add(new Problem(picture.name(), NOTHING_SAID));
            } else {
                lines.add(new CaptionLine(picture.name(), caption));
            }
        }
        int captioned = lines.size() - kept;
        plan.tree().strangers().forEach((name, caption) -> lines.add(new CaptionLine(name, caption)));
        lines.sort(Comparator.comparing(CaptionLine::name));
        rejected.sort(Comparator.comparing(Problem::path));
        return new CaptionResults(lines, rejected, captioned, kept, looks);
    }
}
