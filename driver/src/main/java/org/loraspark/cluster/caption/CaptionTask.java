package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.cluster.TaskResources;
import org.loraspark.data.Picture;
import org.loraspark.infer.CaptionRequest;
import org.loraspark.tensor.EngineOptions;

/**
 * Captions some pictures in an executor and records them in the journal, at the latest some seconds after they are
 * finished and before the task counts as done.
 *
 * @param known contents that have words already
 * @param done counts pictures, for people to look at
 * @param attempts how often Spark tries a task
 */
record CaptionTask(
        CaptionSettings settings,
        Journal journal,
        SerializableConfiguration hadoop,
        Broadcast<Map<String, Finished>> known,
        LongAccumulator done,
        int attempts)
        implements VoidFunction<List<Picture>> {
    private static final long NANOS_BETWEEN_RECORDS = TimeUnit.SECONDS.toNanos(20);

    @Override
    public void call(List<Picture> pictures) {
        Configuration conf = hadoop.value();
        EngineOptions resources = TaskResources.options(settings.precision());
        boolean lastAttempt = TaskContext.get().attemptNumber() + 1 >= attempts;
        try (PictureFeed feed = new PictureFeed(
                        pictures,
                        conf,
                        Math.max(1, resources.threads() / 2),
                        2 * settings.batchSize() + 2,
                        known.value(),
                        lastAttempt);
                CaptionerProcess.Lease captioner = CaptionerProcess.lease(settings, conf)) {
            new Work(feed, captioner).run(pictures.size());
        }
    }

    /** The state of one call. */
    private final class Work {
        private final PictureFeed feed;
        private final CaptionerProcess.Lease captioner;
        private final List<PictureFeed.Loaded> batch = new ArrayList<>();
        private final List<Finished> unrecorded = new ArrayList<>();
        private long lastRecord = System.nanoTime();

        Work(PictureFeed feed, CaptionerProcess.Lease captioner) {
            this.feed = feed;
            this.captioner = captioner;
        }

        void run(int pictures) {
            int room = 0;
            for (int i = 0; i < pictures; i++) {
                PictureFeed.Loaded picture = feed.next();
                if (picture.image() == null) {
                    finish(picture, picture.finished());
                    continue;
                }
                batch.add(picture);
                room += picture.room();
                if (batch.size() == settings.batchSize() || feed.isFull(room)) {
                    describe();
                    room = 0;
                }
            }
            describe();
            record();
        }

        private void describe() {
            if (batch.isEmpty()) {
                return;
            }
            List<String> captions = captioner.describe(batch.stream()
                    .map(picture -> new CaptionRequest(picture.finished().hash(), picture.image()))
                    .toList());
            for (int i = 0; i < batch.size(); i++) {
                finish(batch.get(i), batch.get(i).finished().withCaption(captions.get(i)));
            }
            batch.clear();
            if (System.nanoTime() - lastRecord > NANOS_BETWEEN_RECORDS) {
                record();
            }
        }

        private void finish(PictureFeed.Loaded picture, Finished finished) {
            feed.giveBack(picture);
            unrecorded.add(finished);
            done.add(1L);
        }

        private void record() {
            if (!unrecorded.isEmpty()) {
                journal.save(unrecorded);
                unrecorded.clear();
            }
            lastRecord = System.nanoTime();
        }
    }
}
