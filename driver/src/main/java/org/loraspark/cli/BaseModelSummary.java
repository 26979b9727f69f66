package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.TensorInfo;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.models.sd.ModelKind;

/** What {@code inspect} tells of what is no adapter. */
final class BaseModelSummary {
    private BaseModelSummary() {}

    /** @param path a diffusers folder or a whole checkpoint */
    static void print(Path path, PrintWriter out) {
        try (BaseModel model = BaseModel.open(path, new Configuration())) {
            AdapterSummary.line(out, "File", path.toString());
            AdapterSummary.line(out, "Kind", model.describe());
            AdapterSummary.line(out, "Use", "as a base model");
        }
    }

    static void print(SafetensorsFile file, Path path, PrintWriter out) {
        String kind = ModelKind.guess(file);
        if (kind.isEmpty() && file.names().stream().anyMatch(name -> name.startsWith("model.diffusion_model."))) {
            print(path, out);
            return;
        }
        AdapterSummary.line(out, "File", file.path());
        AdapterSummary.line(out, "Kind", kind.isEmpty() ? "no adapter and no whole Stable Diffusion 1.x model" : kind);
        AdapterSummary.line(out, "Tensors", tensors(file));
    }

    private static String tensors(SafetensorsFile file) {
        long bytes = 0;
        Map<String, Integer> types = new TreeMap<>();
        for (String name : file.names()) {
            TensorInfo info = file.info(name);
            bytes += info.bytes();
            types.merge(info.dtype(), 1, Integer::sum);
        }
        String first =
                file.names().isEmpty() ? "" : ", the first is " + file.names().get(0);
        return "%,d %s, %.1f MB%s".formatted(file.names().size(), types.keySet(), bytes / 1e6, first);
    }
}
