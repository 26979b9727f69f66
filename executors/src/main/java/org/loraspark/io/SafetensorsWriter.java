package org.loraspark.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * Writes safetensors with the bytes of the reference writer: tensors by type (widest first), then by name in UTF-8
 * order; compact JSON, metadata first; the header padded with blanks to a multiple of 8.
 *
 * <p>The header depends on names, types and shapes alone, so tensors can be made one at a time while the file is
 * written: memory holds one tensor, not the file.
 */
public final class SafetensorsWriter {
    /** Gives a tensor's values when its turn in the file comes. */
    @FunctionalInterface
    public interface Source {
        HostTensor tensor(TensorSpec spec);
    }

    private final List<TensorSpec> specs;
    private final byte[] header;

    private SafetensorsWriter(List<TensorSpec> tensors, Map<String, String> metadata) {
        specs = new ArrayList<>(tensors);
        specs.sort(Comparator.comparing((TensorSpec spec) -> SafetensorsType.of(spec.dtype()))
                .reversed()
                .thenComparing(spec -> spec.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
        Set<String> names = new HashSet<>();
        for (TensorSpec spec : specs) {
            if (!names.add(spec.name()) || spec.name().equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException("two tensors or a reserved name: " + spec.name());
            }
        }
        header = header(metadata);
    }

    public static void write(
            Path target, Configuration conf, Map<String, HostTensor> tensors, Map<String, String> metadata) {
        write(target, conf, specs(tensors), metadata, spec -> tensors.get(spec.name()));
    }

    /** The streaming form; {@code source} is asked for each tensor once, in the file's order. */
    public static void write(
            Path target, Configuration conf, List<TensorSpec> specs, Map<String, String> metadata, Source source) {
        SafetensorsWriter writer = new SafetensorsWriter(specs, metadata);
        AtomicFiles.write(target, conf, out -> writer.writeTo(out, source));
    }

    /** The file's bytes into any stream, which is left open. */
    public static void write(OutputStream out, Map<String, HostTensor> tensors, Map<String, String> metadata)
            throws IOException {
        new SafetensorsWriter(specs(tensors), metadata).writeTo(out, spec -> tensors.get(spec.name()));
    }

    private static List<TensorSpec> specs(Map<String, HostTensor> tensors) {
        List<TensorSpec> specs = new ArrayList<>();
        tensors.forEach((name, tensor) -> specs.add(TensorSpec.of(name, tensor)));
        return specs;
    }

    private void writeTo(OutputStream out, Source source) throws IOException {
        out.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .array());
        out.write(header);
        WritableByteChannel channel = Channels.newChannel(out);
        for (TensorSpec spec : specs) {
            HostTensor tensor = source.tensor(spec);
            if (tensor.dtype() != spec.dtype() || !Arrays.equals(tensor.shape(), spec.shape())) {
                throw new IllegalStateException("tensor " + spec.name() + " should be " + spec.dtype()
                        + Shapes.toString(spec.shape()) + ", got " + tensor.dtype() + Shapes.toString(tensor.shape()));
            }
            ByteBuffer data = tensor.data().duplicate();
            while (data.hasRemaining()) {
                channel.write(data);
            }
        }
    }

    private byte[] header(Map<String, String> metadata) {
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            appendString(json, SafetensorsHeader.METADATA).append(":{");
            metadata.forEach((key, value) -> {
                appendString(json, key).append(':');
                appendString(json, value).append(',');
            });
            json.setLength(json.length() - 1);
            json.append("},");
        }
        long offset = 0;
        for (TensorSpec spec : specs) {
            long end = Math.addExact(offset, spec.bytes());
            appendString(json, spec.name())
                    .append(":{\"dtype\":\"")
                    .append(spec.dtype())
                    .append("\",\"shape\":")
                    .append(Shapes.toString(spec.shape()))
                    .append(",\"data_offsets\":[")
                    .append(offset)
                    .append(',')
                    .append(end)
                    .append("]},");
            offset = end;
        }
        if (json.charAt(json.length() - 1) == ',') {
            json.setLength(json.length() - 1);
        }
        byte[] text = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        if (padded.length > SafetensorsHeader.MAX_BYTES) {
            throw new IllegalArgumentException("the header would have " + padded.length + " bytes, more than 100 MB");
        }
        return padded;
    }

    /** Escapes exactly what serde_json escapes, with lower-case hexadecimal digits. */
    private static StringBuilder appendString(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (c < 0x20) {
                        json.append(String.format("\\u%04x", (int) c));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        return json.append('"');
    }
}
