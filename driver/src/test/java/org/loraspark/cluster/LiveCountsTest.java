package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class LiveCountsTest {
    private static SparkSession session;
    private static JavaSparkContext spark;

    @BeforeAll
    static void start() {
        session = SparkSessions.open("local[1]", "test", 1);
        spark = new JavaSparkContext(session.sparkContext());
    }

    @AfterAll
    static void stop() {
        session.stop();
    }

    @Test
    void addsUpWhatTheTasksOfOneJobCountAndForgetsFailedOnes() throws InterruptedException {
        LongAccumulator own = spark.sc().longAccumulator("own");
        LongAccumulator other = spark.sc().longAccumulator("other");
        BlockingQueue<Double> sums = new LinkedBlockingQueue<>();
        try (LiveCounts counts = LiveCounts.of(spark, c -> sums.add(c.sum(own)), own)) {
            count(own, 5, false);
            assertThatThrownBy(() -> count(own, 7, true)).hasMessageContaining("a task broke");
            count(other, 100, false);
            count(own, 2, false);
            // A heartbeat may tell some of them earlier, and again.
            double last = 0;
            while (last < 7) {
                last = sums.poll(60, TimeUnit.SECONDS);
            }
            assertThat(last).isEqualTo(7);
            assertThat(counts.sum(own)).isEqualTo(7);
        }
    }

    private static void count(LongAccumulator counter, long number, boolean breaks) {
        spark.parallelize(List.of(number), 1).foreach(n -> {
            counter.add(n);
            if (breaks) {
                throw new IllegalStateException("a task broke");
            }
        });
    }
}
