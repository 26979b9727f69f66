package org.loraspark.cluster.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.WireFormat;
import org.tensorflow.framework.Summary;

/** The bytes are those that TensorBoard's own messages serialise to. */
class HParamsTest {
    private static final String EXPERIMENT =
            "12900122250a096c6f72612e72616e6b20032a160a091100000000000010400a0911000000000000304022150a0b6c6f72612e72736c"
                    + "6f726120022a040a02200122220a12747261696e2e6c722d7363686564756c657220012a0a0a081a06636f73696e652a160a"
                    + "0e120c6c6f73732f617665726167651a046c6f737332147377656570206f766572206c6f72612e72616e6b";
    private static final String START = "1a1f0a160a096c6f72612e72616e6b1209110000000000001040220572616e6b34";
    private static final String FAILED = "22020802";

    @TempDir
    Path folder;

    @Test
    void experimentNamesKeysWithTheirValuesAndMetrics() throws IOException {
        HParams.experiment(
                hadoop(),
                new Configuration(),
                "sweep over lora.rank",
                List.of(values(4), values(16)),
                Map.of("loss/average", "loss"));
        assertThat(written()).containsExactly("_hparams_/experiment hparams " + fields(EXPERIMENT));
    }

    @Test
    void sessionHasTheRunsValuesAndItsEnd() throws IOException {
        HParams.session(hadoop(), new Configuration(), "rank4", Map.of("lora.rank", 4), false);
        assertThat(written())
                .containsExactly(
                        "_hparams_/session_start_info hparams " + fields(START),
                        "_hparams_/session_end_info hparams " + fields(FAILED));
    }

    private static Map<String, Object> values(int rank) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("lora.rank", rank);
        values.put("lora.rslora", true);
        values.put("train.lr-scheduler", "cosine");
        return values;
    }

    private org.apache.hadoop.fs.Path hadoop() {
        return new org.apache.hadoop.fs.Path(folder.toUri());
    }

    /** Tag, plug-in and content of each summary. */
    private List<String> written() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            ByteBuffer records = ByteBuffer.wrap(
                            Files.readAllBytes(files.findFirst().orElseThrow()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            while (records.hasRemaining()) {
                byte[] event = new byte[Math.toIntExact(records.getLong())];
                records.getInt();
                records.get(event);
                records.getInt();
                CodedInputStream in = CodedInputStream.newInstance(event);
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (WireFormat.getTagFieldNumber(tag) != 5) {
                        in.skipField(tag);
                        continue;
                    }
                    for (Summary.Value value :
                            Summary.parseFrom(in.readByteArray()).getValueList()) {
                        var plugin = value.getMetadata().getPluginData();
                        found.add(value.getTag() + " " + plugin.getPluginName() + " "
                                + fields(HexFormat.of()
                                        .formatHex(plugin.getContent().toByteArray())));
                    }
                }
            }
        }
        return found;
    }

    /** The message inside, its fields sorted: their order means nothing. */
    private static List<String> fields(String hex) throws IOException {
        CodedInputStream outer = CodedInputStream.newInstance(HexFormat.of().parseHex(hex));
        List<String> fields = new ArrayList<>();
        fields.add("message " + WireFormat.getTagFieldNumber(outer.readTag()));
        CodedInputStream in = CodedInputStream.newInstance(outer.readByteArray());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            String content = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED
                    ? HexFormat.of().formatHex(in.readByteArray())
                    : Long.toString(in.readRawVarint64());
            fields.add(WireFormat.getTagFieldNumber(tag) + " " + content);
        }
        fields.sort(null);
        return fields;
    }
}
