package org.loraspark.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.CodedOutputStream;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.Summary;
import org.tensorflow.framework.SummaryMetadata;
import org.tensorflow.framework.TensorProto;
import org.tensorflow.framework.TensorShapeProto;

/**
 * A TensorBoard event file: {@link TfRecord} frames, each a {@code tensorflow.Event} (wall_time = 1, step = 2,
 * file_version = 3, summary = 5), the first with the file's version.
 *
 * <p>Every call is visible to a reader at once. A local file grows; elsewhere, where files cannot grow, the whole file
 * is published again, so callers there should write seldom and use {@link #scalars} for many values of a step.
 */
public final class EventsWriter implements AutoCloseable {
    private final Path file;
    private final Clock clock;
    private final Sink sink;

    private interface Sink extends AutoCloseable {
        void append(byte[] record) throws IOException;

        @Override
        void close() throws IOException;
    }

    private EventsWriter(Path file, Clock clock, Sink sink) {
        this.file = file;
        this.clock = clock;
        this.sink = sink;
        append(0, event -> event.writeString(3, "brain.Event:2"));
    }

    /** Starts a new file in a folder of logs; TensorBoard joins it to the older ones there. */
    public static EventsWriter open(Path folder, Configuration conf) {
        return open(folder, conf, Clock.systemUTC());
    }

    static EventsWriter open(Path folder, Configuration conf, Clock clock) {
        // TensorBoard reads a folder's files in the order of their names.
        String name = String.format(
                "events.out.tfevents.%010d.lora-spark.%s",
                clock.millis() / 1000, UUID.randomUUID().toString().substring(0, 8));
        Path file = new Path(folder, name);
        var local = Storage.local(file, conf);
        try {
            Sink sink = local.isPresent() ? growing(local.get()) : rewriting(file, conf);
            return new EventsWriter(file, clock, sink);
        } catch (IOException e) {
            throw Storage.failure("write", file.toString(), e);
        }
    }

    private static Sink growing(java.nio.file.Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND);
        return new Sink() {
            @Override
            public void append(byte[] record) throws IOException {
                out.write(record);
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    private static Sink rewriting(Path file, Configuration conf) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        return new Sink() {
            @Override
            public void append(byte[] record) {
                all.writeBytes(record);
                AtomicFiles.write(file, conf, all::writeTo);
            }

            @Override
            public void close() {
                all.reset();
            }
        };
    }

    public Path file() {
        return file;
    }

    public void scalar(String tag, long step, double value) {
        scalars(step, Map.of(tag, value));
    }

    /** Several curves' values of one step. */
    public void scalars(long step, Map<String, Double> values) {
        Summary.Builder summary = Summary.newBuilder();
        values.forEach((tag, value) ->
                summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue(value.floatValue())));
        summary(step, summary.build());
    }

    public void image(String tag, long step, RgbImage image) {
        Summary.Image png = Summary.Image.newBuilder()
                .setWidth(image.width())
                .setHeight(image.height())
                .setColorspace(3)
                .setEncodedImageString(ByteString.copyFrom(Images.toPng(image)))
                .build();
        value(step, Summary.Value.newBuilder().setTag(tag).setImage(png));
    }

    /** @param markdown shown as Markdown in the tab of texts */
    public void text(String tag, long step, String markdown) {
        TensorProto tensor = TensorProto.newBuilder()
                .setDtype(DataType.DT_STRING)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(1)))
                .addStringVal(ByteString.copyFromUtf8(markdown))
                .build();
        SummaryMetadata plugin = SummaryMetadata.newBuilder()
                .setPluginData(SummaryMetadata.PluginData.newBuilder().setPluginName("text"))
                .build();
        value(step, Summary.Value.newBuilder().setTag(tag).setMetadata(plugin).setTensor(tensor));
    }

    private void value(long step, Summary.Value.Builder value) {
        summary(step, Summary.newBuilder().addValue(value).build());
    }

    /** Any summary, for plug-ins that this class does not know. */
    public void summary(long step, Summary summary) {
        append(step, event -> event.writeMessage(5, summary));
    }

    private interface Payload {
        void writeTo(CodedOutputStream event) throws IOException;
    }

    private void append(long step, Payload payload) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream event = CodedOutputStream.newInstance(bytes);
            event.writeDouble(1, clock.millis() / 1000.0);
            event.writeInt64(2, step);
            payload.writeTo(event);
            event.flush();
            sink.append(TfRecord.frame(bytes.toByteArray()));
        } catch (IOException e) {
            throw Storage.failure("write", file.toString(), e);
        }
    }

    @Override
    public void close() {
        try {
            sink.close();
        } catch (IOException e) {
            throw Storage.failure("write", file.toString(), e);
        }
    }
}
