package org.loraspark.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.loraspark.UserError;
import org.loraspark.tensor.AddressedRandom;

/**
 * Which picture each worker sees, and when: a pure function of (seed, repeats, workers, rank, epoch). A picture with n
 * repeats stands n times in the list; rank r owns places r, r + workers, … of one seeded shuffle of it for the whole
 * run, so that shards differ by at most one in size; their order inside the shard is shuffled anew each epoch.
 */
public final class ShardSampler implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * One visit to a picture.
     *
     * @param picture index in the data set
     * @param visit epoch x repeats + copy: no two visits to a picture share it
     */
    public record Visit(int picture, long visit) implements Serializable {}

    private final long seed;
    private final int workers;
    private final int[] repeats;
    private final int[] pictures;
    private final int[] copies;
    private final int[] owners;

    /** {@code pictures} in the order of the data set, {@link DatasetScanner}'s by name. */
    public ShardSampler(long seed, List<Picture> pictures, int workers) {
        this.seed = seed;
        this.workers = workers;
        repeats = pictures.stream().mapToInt(Picture::repeats).toArray();
        int samples =
                Math.toIntExact(pictures.stream().mapToLong(Picture::repeats).sum());
        if (workers < 1 || workers > samples) {
            throw new UserError("cluster.workers must be from 1 to the number of pictures times repeats, " + samples
                    + ", got " + workers);
        }
        this.pictures = new int[samples];
        copies = new int[samples];
        for (int picture = 0, i = 0; picture < repeats.length; picture++) {
            for (int copy = 0; copy < repeats[picture]; copy++, i++) {
                this.pictures[i] = picture;
                copies[i] = copy;
            }
        }
        owners = AddressedRandom.at(seed, "", 0, "shards").permutation(samples);
    }

    /** Visits of one rank in an epoch. */
    public int size(int rank) {
        return (pictures.length - rank + workers - 1) / workers;
    }

    /** The rank's visits in this epoch, in order. */
    public List<Visit> visits(int rank, long epoch) {
        if (rank < 0 || rank >= workers) {
            throw new IllegalArgumentException("rank " + rank + " of " + workers + " workers");
        }
        int[] order = AddressedRandom.at(seed, Integer.toString(rank), epoch, "epoch order")
                .permutation(size(rank));
        List<Visit> visits = new ArrayList<>(order.length);
        for (int place : order) {
            int sample = owners[rank + place * workers];
            int picture = pictures[sample];
            visits.add(new Visit(picture, epoch * repeats[picture] + copies[sample]));
        }
        return visits;
    }
}
