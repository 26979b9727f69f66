package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.loraspark.UserError;
import org.loraspark.data.ShardSampler.Visit;

class ShardSamplerTest {
    @Test
    void shardKeepsItsPicturesAndChangesTheirOrder() {
        ShardSampler sampler = new ShardSampler(7, pictures(40, i -> 1), 3);
        for (int rank = 0; rank < 3; rank++) {
            List<Integer> first = indices(sampler.visits(rank, 0));
            List<Integer> second = indices(sampler.visits(rank, 1));
            assertThat(second).isNotEqualTo(first).containsExactlyInAnyOrderElementsOf(first);
            assertThat(first).isNotEqualTo(first.stream().sorted().toList());
        }
    }

    @Test
    void noVisitIsMadeTwiceInARun() {
        ShardSampler sampler = new ShardSampler(7, pictures(10, i -> 2), 2);
        List<Visit> run = new ArrayList<>();
        for (int epoch = 0; epoch < 5; epoch++) {
            run.addAll(sampler.visits(0, epoch));
            run.addAll(sampler.visits(1, epoch));
        }
        assertThat(run).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void seedChoosesTheShards() {
        List<Picture> pictures = pictures(40, i -> 1);
        assertThat(indices(new ShardSampler(1, pictures, 2).visits(0, 0)))
                .doesNotContainSequence(indices(new ShardSampler(2, pictures, 2).visits(0, 0)));
    }

    @Test
    void shardsDoNotDependOnHowManyExecutorsRunThem() throws Exception {
        List<Picture> pictures = pictures(50, i -> 1 + i % 2);
        ShardSampler alone = new ShardSampler(3, pictures, 8);
        List<List<Visit>> expected =
                IntStream.range(0, 8).mapToObj(rank -> alone.visits(rank, 4)).toList();
        var executors = Executors.newFixedThreadPool(4);
        try {
            List<Callable<List<Visit>>> tasks = new ArrayList<>();
            for (int rank = 7; rank >= 0; rank--) {
                int mine = rank;
                tasks.add(() -> new ShardSampler(3, pictures, 8).visits(mine, 4));
            }
            List<List<Visit>> actual = new ArrayList<>();
            for (var future : executors.invokeAll(tasks)) {
                actual.add(0, future.get());
            }
            assertThat(actual).isEqualTo(expected);
        } finally {
            executors.shutdown();
        }
    }

    @Test
    void orderNeverChangesBetweenVersions() {
        ShardSampler sampler = new ShardSampler(0, pictures(8, i -> 1), 2);
        assertThat(indices(sampler.visits(0, 0))).containsExactly(0, 5, 3, 1);
        assertThat(indices(sampler.visits(1, 1))).containsExactly(4, 2, 7, 6);
    }

    @Test
    void moreWorkersThanSamplesIsTheUsersError() {
        assertThatThrownBy(() -> new ShardSampler(0, pictures(3, i -> 1), 4))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cluster.workers must be from 1 to")
                .hasMessageContaining("3, got 4");
    }

    @Test
    void validationSplitHoldsOutTheRoundedShare() {
        List<Picture> pictures = pictures(25, i -> 1);
        ValidationSplit split = ValidationSplit.of(pictures, 0.1, 5);
        assertThat(split.validation()).hasSize(3);
        assertThat(split.training()).hasSize(22).doesNotContainAnyElementsOf(split.validation());
        assertThat(split).isEqualTo(ValidationSplit.of(pictures, 0.1, 5));
        assertThat(split).isNotEqualTo(ValidationSplit.of(pictures, 0.1, 6));
        assertThat(ValidationSplit.of(pictures, 0, 5).validation()).isEmpty();
        assertThat(ValidationSplit.of(pictures, 0.001, 5).validation()).hasSize(1);
        assertThat(ValidationSplit.of(pictures, 0.999, 5).training()).hasSize(1);
        assertThat(ValidationSplit.of(pictures(1, i -> 1), 0.5, 5).validation()).isEmpty();
        assertThatThrownBy(() -> ValidationSplit.of(pictures, 1, 5)).isInstanceOf(UserError.class);
    }

    private interface Repeats {
        int of(int picture);
    }

    private static List<Picture> pictures(int count, Repeats repeats) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Picture("file:/d/" + i, i + ".png", "c", repeats.of(i), 1, 1))
                .toList();
    }

    private static List<Integer> indices(List<Visit> visits) {
        return visits.stream().map(Visit::picture).collect(Collectors.toList());
    }
}
