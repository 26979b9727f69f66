package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.WireFormat;
import org.tensorflow.framework.Summary;

class EventsWriterTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

    @TempDir
    java.nio.file.Path folder;

    private final Configuration conf = new Configuration();

    private record Event(double wallTime, long step, String fileVersion, Summary summary) {}

    /** A reader written from the format's description, which checks both checksums. */
    private List<Event> events() throws IOException {
        try (var files = Files.list(folder)) {
            List<java.nio.file.Path> all = files.toList();
            assertThat(all).hasSize(1);
            assertThat(all.get(0).getFileName().toString()).startsWith("events.out.tfevents.1700000000.");
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(all.get(0))).order(ByteOrder.LITTLE_ENDIAN);
            List<Event> events = new ArrayList<>();
            while (bytes.hasRemaining()) {
                byte[] length = new byte[8];
                bytes.get(length);
                assertThat(bytes.getInt()).isEqualTo(TfRecord.maskedCrc(length, 8));
                byte[] data = new byte
                        [(int) ByteBuffer.wrap(length)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong()];
                bytes.get(data);
                assertThat(bytes.getInt()).isEqualTo(TfRecord.maskedCrc(data, data.length));
                events.add(event(data));
            }
            return events;
        }
    }

    private static Event event(byte[] data) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(data);
        double wallTime = 0;
        long step = 0;
        String version = "";
        Summary summary = Summary.getDefaultInstance();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case 1 -> wallTime = in.readDouble();
                case 2 -> step = in.readInt64();
                case 3 -> version = in.readString();
                case 5 -> summary = Summary.parseFrom(in.readByteArray());
                default -> throw new IOException("field " + tag);
            }
        }
        return new Event(wallTime, step, version, summary);
    }

    @Test
    void checksumIsTensorFlows() {
        // CRC-32C of "123456789" is e3069283; masked as TensorFlow masks it.
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        int crc = 0xe3069283;
        assertThat(TfRecord.maskedCrc(digits, 9)).isEqualTo((crc >>> 15 | crc << 17) + 0xa282ead8);
    }

    @Test
    void everyKindOfEventIsReadBackAsItIsWritten() throws IOException {
        try (EventsWriter writer = EventsWriter.open(new Path(folder.toString()), conf, CLOCK)) {
            writer.scalar("loss", 7, 0.25);
            assertThat(events()).as("visible before the file is closed").hasSize(2);
            writer.scalars(8, Map.of("a", 1.0, "b", Double.NaN));
            writer.image("preview", 9, new RgbImage(2, 1, new byte[] {1, 2, 3, 4, 5, 6}));
            writer.text("config", 0, "**é**");
        }
        List<Event> events = events();
        assertThat(events.get(0).fileVersion()).isEqualTo("brain.Event:2");
        assertThat(events.get(0).wallTime()).isEqualTo(1_700_000_000.5);
        assertThat(events.get(1).step()).isEqualTo(7);
        assertThat(events.get(1).summary().getValue(0).getTag()).isEqualTo("loss");
        assertThat(events.get(1).summary().getValue(0).getSimpleValue()).isEqualTo(0.25f);
        assertThat(events.get(2).summary().getValueCount()).isEqualTo(2);
        Summary.Image image = events.get(3).summary().getValue(0).getImage();
        assertThat(Images.decode(image.getEncodedImageString().toByteArray(), "event")
                        .at(1, 0, 2))
                .isEqualTo(6);
        Summary.Value text = events.get(4).summary().getValue(0);
        assertThat(text.getMetadata().getPluginData().getPluginName()).isEqualTo("text");
        assertThat(text.getTensor().getStringVal(0).toStringUtf8()).isEqualTo("**é**");
    }

    @Test
    void fileSystemsThatCannotAppendGetTheWholeFileAgain() throws IOException {
        conf.setClass("fs.elsewhere.impl", AtomicFilesTest.Elsewhere.class, FileSystem.class);
        try (EventsWriter writer = EventsWriter.open(new Path("elsewhere://host" + folder), conf, CLOCK)) {
            writer.scalar("loss", 1, 1);
            writer.scalar("loss", 2, 0.5);
            assertThat(events()).hasSize(3);
        }
    }
}
