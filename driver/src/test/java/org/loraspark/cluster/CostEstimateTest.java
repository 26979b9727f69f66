package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.config.TrainConfig;
import org.loraspark.lora.LoraConfig;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;

class CostEstimateTest {
    @TempDir
    Path folder;

    @Test
    void checkpointingTakesLessMemoryForMoreOperations() {
        CostEstimate plain = estimate("data.resolution=256");
        CostEstimate checkpointed = estimate("data.resolution=256", "train.gradient-checkpointing=true");
        assertThat(checkpointed.frozenBytes()).isEqualTo(plain.frozenBytes());
        assertThat(checkpointed.workingBytes()).isLessThan(plain.workingBytes() * 2 / 3);
        assertThat((double) checkpointed.flops()).isBetween(1.2 * plain.flops(), 1.5 * plain.flops());
    }

    @Test
    void activationsOfHalfTheSizeTakeAboutHalfTheMemory() {
        TrainConfig config = DemoRun.config(folder, "half", "data.resolution=256");
        long full = estimate(config, DType.F32).workingBytes();
        assertThat((double) estimate(config, DType.BF16).workingBytes()).isBetween(0.45 * full, 0.7 * full);
    }

    private CostEstimate estimate(String... overrides) {
        return estimate(DemoRun.config(folder, "plan", overrides), DType.F32);
    }

    private static CostEstimate estimate(TrainConfig config, DType precision) {
        org.apache.hadoop.fs.Path base = new org.apache.hadoop.fs.Path(DemoRun.base());
        try (BaseModel model = BaseModel.open(base, new Configuration())) {
            return CostEstimate.of(config, model, model.loraLayout(new LoraConfig(4, 2, 0, false), false), precision);
        }
    }
}
