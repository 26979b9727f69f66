package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkSessionsTest {
    /** A machine is shared by workers, an executor of a cluster by what shall run together there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "local[4]|2|1|4|2",
                "local[4]|1|2|4|4",
                "local[3]|2|2|3|1",
                "local|2|2|1|1",
                "local-cluster[2,4,2048]|8|1|4|4",
                "local-cluster[2,4,2048]|8|2|4|2",
                "local-cluster[2,1,2048]|2|2|1|1",
                "spark://host:7077|2|2|1|1"
            })
    void tasksShareTheCoresOfTheirMachine(String master, int workers, int together, int cores, int ofTask) {
        SparkConf conf = SparkSessions.settings(master, "test", workers, together);
        assertThat(SparkSessions.executorCores(conf)).isEqualTo(cores);
        assertThat(conf.getInt("spark.task.cpus", 0)).isEqualTo(ofTask);
    }
}
