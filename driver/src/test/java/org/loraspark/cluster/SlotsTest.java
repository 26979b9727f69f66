package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlotsTest {
    @ParameterizedTest
    @CsvSource({"1,1,1", "3,1,3", "3,2,1", "4,2,2", "5,2,2"})
    void areCoresByTheCoresOfATaskWhateverTheDefaultParallelism(int cores, int taskCores, int slots) {
        SparkConf conf = new SparkConf()
                .setMaster("local[" + cores + "]")
                .setAppName("test")
                .set("spark.ui.enabled", "false")
                .set("spark.default.parallelism", "7")
                .set("spark.task.cpus", String.valueOf(taskCores));
        try (JavaSparkContext spark = new JavaSparkContext(conf)) {
            assertThat(Slots.of(spark)).isEqualTo(slots);
        }
    }
}
