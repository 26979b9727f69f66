package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.loraspark.data.ShardSampler.Visit;

class ShardPartitionTest {
    @Property
    void shardsPartitionTheEpochAndAreBalanced(
            @ForAll @IntRange(min = 1, max = 40) int count,
            @ForAll @IntRange(min = 1, max = 12) int workers,
            @ForAll long seed,
            @ForAll @IntRange(max = 3) int epoch) {
        List<Picture> pictures = IntStream.range(0, Math.max(count, workers))
                .mapToObj(i -> new Picture("file:/d/" + i, i + ".png", "c", 1 + i % 3, 1, 1))
                .toList();
        ShardSampler sampler = new ShardSampler(seed, pictures, workers);
        List<Visit> all = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        for (int rank = 0; rank < workers; rank++) {
            List<Visit> visits = sampler.visits(rank, epoch);
            assertThat(visits).hasSize(sampler.size(rank));
            sizes.add(visits.size());
            all.addAll(visits);
        }
        Set<Visit> expected = new HashSet<>();
        for (int picture = 0; picture < pictures.size(); picture++) {
            int repeats = pictures.get(picture).repeats();
            for (int copy = 0; copy < repeats; copy++) {
                expected.add(new Visit(picture, (long) epoch * repeats + copy));
            }
        }
        assertThat(all).doesNotHaveDuplicates().hasSameElementsAs(expected);
        assertThat(Collections.max(sizes) - Collections.min(sizes)).isLessThanOrEqualTo(1);
    }
}
