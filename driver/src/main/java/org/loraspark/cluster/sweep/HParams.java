package org.loraspark.cluster.sweep;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.EventsWriter;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.CodedOutputStream;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.Summary;
import org.tensorflow.framework.SummaryMetadata;
import org.tensorflow.framework.TensorProto;
import org.tensorflow.framework.TensorShapeProto;

/**
 * What TensorBoard's HParams tab reads, plugin data version 0: one experiment with the keys and metrics, and for each run
 * a session's start, with its values, and end, in the folder of the run's curves. The field numbers are those of {@code
 * tensorboard/plugins/hparams/plugin_data.proto} and {@code api.proto}.
 */
public final class HParams {
    private static final String PLUGIN = "hparams";
    private static final int EXPERIMENT = 2;
    private static final int SESSION_START = 3;
    private static final int SESSION_END = 4;
    private static final int SUCCESS = 1;
    private static final int FAILURE = 2;
    private static final int STRING = 1;
    private static final int BOOL = 2;
    private static final int FLOAT64 = 3;

    private interface Message {
        void writeTo(CodedOutputStream out) throws IOException;
    }

    private HParams() {}

    /**
     * @param values of every run, by key; all have the same keys
     * @param metrics tags of curves and the names to show
     */
    public static void experiment(
            Path folder,
            Configuration conf,
            String name,
            List<Map<String, Object>> values,
            Map<String, String> metrics) {
        try (EventsWriter events = EventsWriter.open(folder, conf)) {
            write(events, "_hparams_/experiment", EXPERIMENT, out -> {
                out.writeString(6, name);
                for (String key : values.get(0).keySet()) {
                    message(out, 4, info -> hparam(info, key, values));
                }
                for (Map.Entry<String, String> metric : metrics.entrySet()) {
                    message(out, 5, info -> {
                        message(info, 1, tag -> tag.writeString(2, metric.getKey()));
                        info.writeString(3, metric.getValue());
                    });
                }
            });
        }
    }

    /** @param folder with the run's curves */
    public static void session(Path folder, Configuration conf, String name, Map<String, Object> values, boolean good) {
        try (EventsWriter events = EventsWriter.open(folder, conf)) {
            write(events, "_hparams_/session_start_info", SESSION_START, out -> {
                for (Map.Entry<String, Object> entry : values.entrySet()) {
                    message(out, 1, pair -> {
                        pair.writeString(1, entry.getKey());
                        message(pair, 2, value -> value(value, entry.getValue()));
                    });
                }
                out.writeString(4, name);
            });
            write(events, "_hparams_/session_end_info", SESSION_END, out -> out.writeEnum(1, good ? SUCCESS : FAILURE));
        }
    }

    private static void hparam(CodedOutputStream info, String key, List<Map<String, Object>> runs) throws IOException {
        List<Object> distinct =
                runs.stream().map(run -> run.get(key)).distinct().toList();
        int type = distinct.stream().allMatch(Number.class::isInstance)
                ? FLOAT64
                : distinct.stream().allMatch(Boolean.class::isInstance) ? BOOL : STRING;
        info.writeString(1, key);
        info.writeEnum(4, type);
        message(info, 5, list -> {
            for (Object value : distinct) {
                message(list, 1, item -> value(item, value));
            }
        });
    }

    /** A {@code google.protobuf.Value}. */
    private static void value(CodedOutputStream out, Object value) throws IOException {
        if (value instanceof Number number) {
            out.writeDouble(2, number.doubleValue());
        } else if (value instanceof Boolean flag) {
            out.writeBool(4, flag);
        } else {
            out.writeString(3, String.valueOf(value));
        }
    }

    private static void write(EventsWriter events, String tag, int field, Message message) {
        SummaryMetadata metadata = SummaryMetadata.newBuilder()
                .setPluginData(SummaryMetadata.PluginData.newBuilder()
                        .setPluginName(PLUGIN)
                        .setContent(ByteString.copyFrom(bytes(out -> message(out, field, message)))))
                .build();
        TensorProto empty = TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(0)))
                .build();
        events.summary(
                0,
                Summary.newBuilder()
                        .addValue(Summary.Value.newBuilder()
                                .setTag(tag)
                                .setMetadata(metadata)
                                .setTensor(empty))
                        .build());
    }

    private static void message(CodedOutputStream out, int field, Message message) throws IOException {
        out.writeByteArray(field, bytes(message));
    }

    private static byte[] bytes(Message message) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            message.writeTo(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes every byte", e);
        }
    }
}
