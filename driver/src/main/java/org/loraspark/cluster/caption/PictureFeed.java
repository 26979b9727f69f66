package org.loraspark.cluster.caption;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.loraspark.data.PerceptualHash;
import org.loraspark.data.Picture;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.ImageHeader;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/**
 * A task's pictures in their order, read and decoded while the model works on the ones before. Decoded pictures are
 * large, so no more are made ahead than a share of the heap holds: each takes room, in order, before it is decoded, and
 * gives it back when the model is done with it.
 */
final class PictureFeed implements AutoCloseable {
    private static final int ROOM_UNIT = 1 << 16;
    private static final long MOST_ROOM = 256L << 20;

    /** Copies of a picture's pixels that decoding and turning it take at the same time. */
    private static final int COPIES = 4;

    private final Configuration conf;
    private final Map<String, Finished> known;
    private final boolean giveUp;
    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private final ExecutorService decoders;
    private final BlockingQueue<Future<Loaded>> ready;
    private final Semaphore room;
    private final int roomOfBatch;

    /**
     * A picture that was read.
     *
     * @param finished what is known of it; the words are missing when there is an image
     * @param image null when no words are wanted
     * @param room to be given back
     */
    record Loaded(Finished finished, RgbImage image, int room) {}

    /**
     * @param threads that decode
     * @param ahead pictures at most
     * @param known contents that have words already
     * @param giveUp reject a picture that cannot be read for now, instead of failing so that the task is tried again
     */
    PictureFeed(
            List<Picture> pictures,
            Configuration conf,
            int threads,
            int ahead,
            Map<String, Finished> known,
            boolean giveUp) {
        this.conf = conf;
        this.known = known;
        this.giveUp = giveUp;
        decoders = Executors.newFixedThreadPool(threads);
        ready = new ArrayBlockingQueue<>(ahead);
        roomOfBatch = (int) (Math.min(MOST_ROOM, Runtime.getRuntime().maxMemory() / 8) / ROOM_UNIT);
        // One batch in the model's hands and one ahead: neither can wait for the other.
        room = new Semaphore(2 * roomOfBatch);
        reader.submit(() -> readAll(pictures));
    }

    /** The next picture; call it as often as there are pictures. */
    Loaded next() {
        try {
            return ready.take().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped while pictures were read", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException("cannot read a picture: " + cause.getMessage(), cause);
            }
            throw new IllegalStateException("cannot read a picture: " + e.getCause(), e.getCause());
        }
    }

    /** Whether pictures that are held together take all the room that a batch has. */
    boolean isFull(int roomTaken) {
        return roomTaken >= roomOfBatch;
    }

    void giveBack(Loaded picture) {
        room.release(picture.room);
    }

    private Void readAll(List<Picture> pictures) throws InterruptedException {
        for (Picture picture : pictures) {
            Future<Loaded> loaded;
            try {
                loaded = load(picture);
            } catch (IOException | RuntimeException | Error e) {
                // Whatever happens here must reach the task, which waits for it.
                loaded = CompletableFuture.failedFuture(e);
            }
            ready.put(loaded);
        }
        return null;
    }

    private Future<Loaded> load(Picture picture) throws IOException, InterruptedException {
        long heap = Runtime.getRuntime().maxMemory();
        if (picture.length() > heap / (2 * COPIES)) {
            return rejected(picture, "", tooLarge("its " + (picture.length() >> 20) + " MB need", heap));
        }
        byte[] file;
        try {
            file = read(picture);
        } catch (FileNotFoundException e) {
            return rejected(picture, "", "is no longer there");
        } catch (AccessControlException e) {
            return rejected(picture, "", "may not be read: permission denied");
        } catch (IOException e) {
            if (giveUp) {
                return rejected(picture, "", "cannot be read: " + e.getMessage());
            }
            throw e;
        }
        String hash = sha256(file);
        Finished before = known.get(hash);
        if (before != null) {
            return CompletableFuture.completedFuture(
                    new Loaded(finished(picture, hash, before.look(), before.caption(), ""), null, 0));
        }
        long bytes;
        try {
            ImageHeader header = ImageHeader.read(file, picture.name());
            bytes = 3L * header.width() * header.height();
        } catch (BrokenImageException e) {
            return rejected(picture, hash, e.reason());
        }
        if (bytes > heap / (2 * COPIES)) {
            return rejected(picture, hash, tooLarge("its " + bytes / 3_000_000 + " million pixels need", heap));
        }
        int taken = (int) Math.max(1, Math.min(roomOfBatch, bytes / ROOM_UNIT));
        room.acquire(taken);
        return decoders.submit(() -> decode(picture, hash, file, taken));
    }

    private Loaded decode(Picture picture, String hash, byte[] file, int taken) {
        try {
            RgbImage image = Images.decode(file, picture.name());
            String look = PerceptualHash.of(image).toString();
            return new Loaded(finished(picture, hash, look, "", ""), image, taken);
        } catch (BrokenImageException e) {
            return new Loaded(finished(picture, hash, "", "", e.reason()), null, taken);
        }
    }

    private static Future<Loaded> rejected(Picture picture, String hash, String problem) {
        return CompletableFuture.completedFuture(new Loaded(finished(picture, hash, "", "", problem), null, 0));
    }

    private static Finished finished(Picture picture, String hash, String look, String caption, String problem) {
        return new Finished(picture.name(), picture.length(), picture.modified(), hash, look, caption, problem);
    }

    private static String tooLarge(String what, long heap) {
        return what + " a larger Java heap than this executor's " + (heap >> 20) + " MB";
    }

    private byte[] read(Picture picture) throws IOException {
        Path path = new Path(picture.path());
        try (InputStream in = Storage.fileSystem(path, conf).open(path)) {
            return in.readAllBytes();
        }
    }

    private static String sha256(byte[] file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        reader.shutdownNow();
        decoders.shutdownNow();
    }
}
