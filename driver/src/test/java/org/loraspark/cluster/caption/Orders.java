package org.loraspark.cluster.caption;

import java.nio.file.Path;
import java.util.List;
import org.loraspark.infer.BlipOptions;
import org.loraspark.infer.TaggerOptions;
import org.loraspark.tensor.DType;

/** Orders for the small taggers of the executors' tests and the demo's BLIP. */
final class Orders {
    static final Path TAGGERS = Path.of("../executors/src/test/resources/tagger");
    static final Path BLIP = Path.of("../conf/demo/captioner");

    private Orders() {}

    static Builder of(Object input, Object output) {
        return new Builder(input.toString(), output.toString());
    }

    static final class Builder {
        private final String input;
        private final String output;
        private List<String> models = List.of(TAGGERS.resolve("dynamic").toString());
        private ExistingCaptions existing;
        private String prefix = "";
        private String suffix = "";
        private boolean beside;
        private String report = "";

        private Builder(String input, String output) {
            this.input = input;
            this.output = output;
        }

        Builder models(Path... folders) {
            models = List.of(folders).stream().map(Path::toString).toList();
            return this;
        }

        Builder existing(ExistingCaptions what) {
            existing = what;
            return this;
        }

        Builder around(String before, String after) {
            prefix = before;
            suffix = after;
            return this;
        }

        Builder beside() {
            beside = true;
            return this;
        }

        Builder report(Path file) {
            report = file.toString();
            return this;
        }

        CaptionOrder order() {
            return new CaptionOrder(
                    input,
                    output,
                    models,
                    new BlipOptions(3, 0, 42, "", 5, 20, 1),
                    TaggerOptions.DEFAULT,
                    "auto",
                    DType.F32,
                    8,
                    existing == null ? ExistingCaptions.KEEP : existing,
                    existing != null,
                    prefix,
                    suffix,
                    beside,
                    report);
        }
    }
}
