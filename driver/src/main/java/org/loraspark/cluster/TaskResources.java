package org.loraspark.cluster;

import java.util.List;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.EngineOptions;

/** What Spark gave to the running task. */
public final class TaskResources {
    private TaskResources() {}

    /** Its cores and its GPU; all cores outside of a task. */
    public static EngineOptions options(DType precision) {
        TaskContext task = TaskContext.get();
        if (task == null) {
            return EngineOptions.of(precision, Runtime.getRuntime().availableProcessors());
        }
        Map<String, ResourceInformation> resources = task.resourcesJMap();
        int device = resources.containsKey("gpu")
                ? Integer.parseInt(List.of(resources.get("gpu").addresses()).get(0))
                : -1;
        return new EngineOptions(precision, task.cpus(), device, false);
    }
}
