package org.loraspark.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.tensor.Shapes;

/**
 * The JSON header of a safetensors file: {@code {"__metadata__": {…}, name: {"dtype", "shape", "data_offsets"}, …}}.
 * Refuses what the reference reader refuses, and duplicate keys, which the format's text forbids.
 *
 * @param tensors in the order of their data
 */
record SafetensorsHeader(Map<String, String> metadata, List<TensorInfo> tensors) {
    static final long MAX_BYTES = 100_000_000;
    static final String METADATA = "__metadata__";

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Reads a header and checks it against the length of the data that follows it. */
    static SafetensorsHeader parse(byte[] json, long dataBytes, String file) {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorInfo> tensors = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(decode(json, file))) {
            expect(parser.nextToken(), JsonToken.START_OBJECT, parser);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals(METADATA)) {
                    readMetadata(parser, metadata);
                } else {
                    tensors.add(readTensor(name, parser));
                }
            }
            if (parser.nextToken() != null) {
                throw new BadHeader("something follows the JSON object");
            }
        } catch (InputCoercionException e) {
            throw new CorruptFileException(file, "its header has a number beyond 64 bits");
        } catch (IOException e) {
            String reason = e instanceof BadHeader ? e.getMessage() : firstLine(e);
            throw new CorruptFileException(file, "its header is not valid (" + reason + ")");
        }
        tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        checkLayout(tensors, dataBytes, file);
        return new SafetensorsHeader(metadata, List.copyOf(tensors));
    }

    private static String decode(byte[] json, String file) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CorruptFileException(file, "its header is not UTF-8 text");
        }
    }

    private static void readMetadata(JsonParser parser, Map<String, String> metadata) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(parser.currentToken(), JsonToken.START_OBJECT, parser);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw new BadHeader("the metadata value of " + key + " is not a string");
            }
            metadata.put(key, parser.getText());
        }
    }

    private static TensorInfo readTensor(String name, JsonParser parser) throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, parser);
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(parser.currentToken(), JsonToken.VALUE_STRING, parser);
                    dtype = parser.getText();
                }
                case "shape" -> shape = readSizes(name, parser);
                case "data_offsets" -> offsets = readSizes(name, parser);
                default -> parser.skipChildren();
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
            throw new BadHeader("tensor " + name + " needs dtype, shape and two data_offsets");
        }
        if (SafetensorsType.named(dtype).isEmpty()) {
            throw new BadHeader("tensor " + name + " has the unknown dtype " + dtype);
        }
        return new TensorInfo(name, dtype, shape, offsets[0], offsets[1]);
    }

    private static long[] readSizes(String name, JsonParser parser) throws IOException {
        expect(parser.currentToken(), JsonToken.START_ARRAY, parser);
        List<Long> sizes = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, parser);
            long size = parser.getLongValue();
            if (size < 0) {
                throw new BadHeader("tensor " + name + " has the negative size or offset " + size);
            }
            sizes.add(size);
        }
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private static void checkLayout(List<TensorInfo> tensors, long dataBytes, String file) {
        long start = 0;
        for (TensorInfo tensor : tensors) {
            if (tensor.end() < tensor.begin()) {
                throw new CorruptFileException(file, "tensor " + tensor.name() + " ends before it begins");
            }
            if (tensor.begin() != start) {
                String what = tensor.begin() < start ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new CorruptFileException(
                        file,
                        "tensor " + tensor.name() + " " + what + " (it begins at byte " + tensor.begin() + ", not "
                                + start + ")");
            }
            long expected = bytes(tensor, file);
            if (tensor.bytes() != expected) {
                throw new CorruptFileException(
                        file,
                        "tensor " + tensor.name() + " has " + tensor.bytes() + " bytes, but its shape "
                                + Shapes.toString(tensor.shape()) + " of " + tensor.dtype() + " needs " + expected);
            }
            start = tensor.end();
        }
        if (start > dataBytes) {
            throw new CorruptFileException(
                    file, "it is truncated, its header promises " + start + " bytes of data and it has " + dataBytes);
        }
        if (start < dataBytes) {
            throw new CorruptFileException(file, (dataBytes - start) + " bytes follow its last tensor");
        }
    }

    private static long bytes(TensorInfo tensor, String file) {
        long bits;
        try {
            int each = SafetensorsType.valueOf(tensor.dtype()).bits();
            bits = Math.multiplyExact(Shapes.size(tensor.shape()), (long) each);
        } catch (ArithmeticException e) {
            throw new CorruptFileException(file, "the size of tensor " + tensor.name() + " overflows 64 bits");
        }
        if (bits % 8 != 0) {
            throw new CorruptFileException(file, "tensor " + tensor.name() + " does not fill whole bytes");
        }
        return bits / 8;
    }

    private static void expect(JsonToken seen, JsonToken wanted, JsonParser parser) throws IOException {
        if (seen != wanted) {
            String at = parser.currentName() == null ? "at its start" : "at " + parser.currentName();
            throw new BadHeader(wanted + " expected " + at + ", got " + seen);
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
    }

    private static final class BadHeader extends IOException {
        private static final long serialVersionUID = 1L;

        BadHeader(String message) {
            super(message);
        }
    }
}
