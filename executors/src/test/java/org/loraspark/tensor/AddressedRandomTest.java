package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AddressedRandomTest {
    private static AddressedRandom random(String sample, long visit, String purpose) {
        return AddressedRandom.at(42, sample, visit, purpose);
    }

    @Test
    void valuesNeverChange() {
        AddressedRandom random = random("01.png", 3, "noise");
        assertThat(new long[] {random.nextLong(), random.nextLong(), random.nextLong()})
                .containsExactly(3629497978172228494L, -231264739505861557L, 8457062084144103322L);
        assertThat(random("01.png", 3, "noise").gaussians(4))
                .containsExactly(0.659908235f, -0.0520897992f, -1.09553719f, -0.162691101f);
        assertThat(random("", 0, "order").permutation(10)).containsExactly(9, 8, 7, 4, 5, 0, 6, 2, 1, 3);
    }

    @Test
    void everyPartOfTheAddressMatters() {
        Set<Long> first = new HashSet<>();
        for (long seed = 0; seed < 5; seed++) {
            for (String sample : List.of("", "a", "b", "ab")) {
                for (long visit = 0; visit < 5; visit++) {
                    for (String purpose : List.of("", "a", "b", "noise")) {
                        first.add(
                                AddressedRandom.at(seed, sample, visit, purpose).nextLong());
                    }
                }
            }
        }
        assertThat(first).hasSize(5 * 4 * 5 * 4);
    }

    @Test
    void uniformsFillTheirIntervalEvenly() {
        int[] buckets = new int[20];
        AddressedRandom random = random("u", 0, "test");
        for (int i = 0; i < 200_000; i++) {
            buckets[(int) (20 * random.nextDouble())]++;
        }
        // 99.99 % quantile of chi-squared with 19 degrees of freedom.
        assertThat(chiSquared(buckets, 10_000)).isLessThan(50);
    }

    @Test
    void firstDrawsOfNeighbouringAddressesAreIndependent() {
        int[] buckets = new int[10];
        for (int i = 0; i < 20_000; i++) {
            buckets[random("p" + i / 100, i % 100, "timestep").nextInt(10)]++;
        }
        assertThat(chiSquared(buckets, 2_000)).isLessThan(34);
    }

    @Test
    void integersHaveNoBias() {
        int bound = 3 << 29; // A remainder would draw the lower third twice as often.
        AddressedRandom random = random("i", 0, "test");
        int lower = 0;
        for (int i = 0; i < 60_000; i++) {
            int value = random.nextInt(bound);
            assertThat(value).isBetween(0, bound - 1);
            lower += value < bound / 3 ? 1 : 0;
        }
        assertThat(lower / 60_000.0).isCloseTo(1 / 3.0, within(0.01));
    }

    @Test
    void gaussiansHaveTheMomentsOfTheNormalDistribution() {
        float[] values = random("g", 0, "test").gaussians(200_000);
        double mean = average(values, 1);
        assertThat(mean).isCloseTo(0, within(0.01));
        assertThat(average(values, 2)).isCloseTo(1, within(0.015));
        assertThat(average(values, 3)).isCloseTo(0, within(0.04));
        assertThat(average(values, 4)).isCloseTo(3, within(0.1));
        double lag = IntStream.range(1, values.length)
                .mapToDouble(i -> (double) values[i] * values[i - 1])
                .average()
                .orElseThrow();
        assertThat(lag).isCloseTo(0, within(0.01));
    }

    @Test
    void permutationsAreEquallyLikely() {
        int[] seen = new int[27];
        for (int i = 0; i < 60_000; i++) {
            int[] order = random("s", i, "test").permutation(3);
            seen[9 * order[0] + 3 * order[1] + order[2]]++;
        }
        int[] present = Arrays.stream(seen).filter(n -> n > 0).toArray();
        assertThat(present).hasSize(6);
        assertThat(chiSquared(present, 10_000)).isLessThan(26);
    }

    @Test
    void aProbabilityOfZeroNeverHappensAndOfOneAlways() {
        AddressedRandom random = random("b", 0, "test");
        for (int i = 0; i < 1000; i++) {
            assertThat(random.nextBoolean(0)).isFalse();
            assertThat(random.nextBoolean(1)).isTrue();
        }
    }

    private static double chiSquared(int[] counts, double expected) {
        return Arrays.stream(counts)
                .mapToDouble(n -> (n - expected) * (n - expected) / expected)
                .sum();
    }

    private static double average(float[] values, int power) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> Math.pow(values[i], power))
                .average()
                .orElseThrow();
    }
}
