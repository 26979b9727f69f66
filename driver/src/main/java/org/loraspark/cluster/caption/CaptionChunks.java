package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.data.Picture;

/**
 * The pictures of each task: consecutive ones, about as many bytes for each, small enough that a lost task costs little
 * and that the last ones end together.
 */
final class CaptionChunks {
    private static final int PICTURES = 48;
    private static final int TASKS_PER_SLOT = 3;

    /** What a picture costs beside its bytes: the model works as long on a small one. */
    private static final long BYTES_PER_PICTURE = 1 << 20;

    private CaptionChunks() {}

    static List<List<Picture>> of(List<Picture> pictures, int slots) {
        int wanted = Math.max((pictures.size() + PICTURES - 1) / PICTURES, TASKS_PER_SLOT * slots);
        int tasks = Math.min(pictures.size(), wanted);
        long total = pictures.stream().mapToLong(CaptionChunks::weight).sum();
        List<List<Picture>> chunks = new ArrayList<>();
        long before = 0;
        long last = -1;
        for (Picture picture : pictures) {
            // In floating point: pictures x tasks x bytes can leave the range of a long.
            long task = (long) ((double) before / total * tasks);
            if (task != last) {
                chunks.add(new ArrayList<>());
                last = task;
            }
            chunks.get(chunks.size() - 1).add(picture);
            before += weight(picture);
        }
        return chunks;
    }

    private static long weight(Picture picture) {
        return picture.length() + BYTES_PER_PICTURE;
    }
}
