package org.loraspark.cluster;

import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.EngineOptions;

/**
 * What a task must know to open its engine and the base model. The model's weights are not in it: each process reads
 * them from the shared file system.
 *
 * @param base path of the base model
 * @param baseHash its content, see {@link BaseModel#contentHash}
 * @param engine name in the config
 * @param precision wanted for activations
 * @param compact see {@link EngineOptions}
 */
public record WorkerSetup(
        String base, String baseHash, String engine, DType precision, boolean compact, SerializableConfiguration hadoop)
        implements Serializable {
    public Configuration conf() {
        return hadoop.value();
    }

    BaseModel openBase() {
        return BaseModel.open(new Path(base), conf());
    }

    WorkerSetup withPrecision(DType other) {
        return new WorkerSetup(base, baseHash, engine, other, compact, hadoop);
    }

    EngineOptions options() {
        return TaskResources.options(precision).withCompact(compact);
    }
}
