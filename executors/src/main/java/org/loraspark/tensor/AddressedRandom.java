package org.loraspark.tensor;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * Random numbers with an address: the stream is a pure function of (seed, sample, visit, purpose), so a task that is
 * retried, moved or run in another order draws the same numbers.
 *
 * <p>The first 16 bytes of SHA-256 over the address are the keys k0 and k1; word i is {@code mix(k1 ^ mix(k0 + (i + 1)
 * g))} with SplitMix64's g and mix (Steele, Lea, Flood 2014). The second key keeps two streams apart even where their
 * counters overlap. Gaussians are Box-Muller in double with {@code StrictMath}, the same bits on every machine.
 *
 * <p>An instance is a cursor in one stream: cheap, and not shared between threads.
 */
public final class AddressedRandom {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
    private static final double TWO_PI = 2 * Math.PI;

    private final long key;
    private long counter;
    private double spare = Double.NaN;

    private AddressedRandom(long counter, long key) {
        this.counter = counter;
        this.key = key;
    }

    /**
     * The start of a stream.
     *
     * @param sample what is drawn for, such as a picture's name; empty when it is for the run
     * @param visit how often the sample was visited before, or the epoch
     * @param purpose what the numbers are for, such as {@code noise}
     */
    public static AddressedRandom at(long seed, String sample, long visit, String purpose) {
        MessageDigest digest = sha256();
        byte[] name = sample.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(20)
                .putLong(seed)
                .putLong(visit)
                .putInt(name.length)
                .array());
        digest.update(name);
        ByteBuffer keys = ByteBuffer.wrap(digest.digest(purpose.getBytes(StandardCharsets.UTF_8)));
        return new AddressedRandom(keys.getLong(), keys.getLong());
    }

    public long nextLong() {
        counter += GOLDEN_GAMMA;
        return mix(key ^ mix(counter));
    }

    /** Uniform in [0, 1), 53 bits. */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    /** Uniform in [0, bound), without the bias of a remainder (Lemire 2019). */
    public int nextInt(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound must be positive, got " + bound);
        }
        long product = (nextLong() >>> 32) * bound;
        long low = product & 0xffffffffL;
        if (low < bound) {
            long threshold = (1L << 32) % bound;
            while (low < threshold) {
                product = (nextLong() >>> 32) * bound;
                low = product & 0xffffffffL;
            }
        }
        return (int) (product >>> 32);
    }

    /** True with the given probability; never for 0, always for 1. */
    public boolean nextBoolean(double probability) {
        return nextDouble() < probability;
    }

    /** Standard normal. */
    public double nextGaussian() {
        if (!Double.isNaN(spare)) {
            double value = spare;
            spare = Double.NaN;
            return value;
        }
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
        double angle = TWO_PI * nextDouble();
        spare = radius * StrictMath.sin(angle);
        return radius * StrictMath.cos(angle);
    }

    /** Standard normal values, rounded to float. */
    public float[] gaussians(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) nextGaussian();
        }
        return values;
    }

    /** 0 to {@code count - 1} in random order, each order equally likely. */
    public int[] permutation(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** A list's elements in random order. */
    public <T> List<T> shuffled(List<T> elements) {
        List<T> source = List.copyOf(elements);
        return Arrays.stream(permutation(source.size())).mapToObj(source::get).toList();
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
        return b ^ (b >>> 31);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
