package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.UserError;

/** One refused file for each rule of the format, and what a lenient reader still takes. */
class SafetensorsRulesTest {
    @TempDir
    Path folder;

    private Path file(String header, int dataBytes) throws IOException {
        return file(header.getBytes(StandardCharsets.UTF_8), dataBytes);
    }

    private Path file(byte[] header, int dataBytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .array());
        out.write(header);
        out.write(new byte[dataBytes]);
        return file(out.toByteArray());
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), bytes);
    }

    private static void assertRefused(Path file, String reason) {
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("model.safetensors")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | overlaps",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | overlaps",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}} | 12 | leaves a hole",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | leaves a hole",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | 8 | ends before it begins",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | 8 | needs 12",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 7 | truncated",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 9 | follow its last tensor",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}} | 8 | overflows",
                "{\"a\":{\"dtype\":\"F64\",\"shape\":[1152921504606846976],\"data_offsets\":[0,8]}} | 8 | overflows",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,8]}} | 8 | 64 bits",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}} | 8 | negative",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}} | 8 | VALUE_NUMBER_INT expected",
                "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}} | 2 | whole bytes",
                "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | unknown dtype F33",
                "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | needs dtype",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}} | 4 | two data_offsets",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | Duplicate",
                "{\"__metadata__\":{\"k\":\"v\",\"k\":\"w\"}} | 0 | Duplicate",
                "{\"__metadata__\":{\"k\":1}} | 0 | k is not a string",
                "{\"__metadata__\":{\"k\":null}} | 0 | k is not a string",
                "{\"__metadata__\":{\"k\":{\"a\":\"b\"}}} | 0 | k is not a string",
                "{\"__metadata__\":[]} | 0 | START_OBJECT expected",
                "[] | 0 | START_OBJECT expected",
                "{\"a\":1} | 0 | START_OBJECT expected",
                "{} {} | 0 | something follows",
                "{\"a\": | 0 | not valid",
                "hello | 0 | not valid",
            })
    void brokenHeaderIsRefused(String header, int dataBytes, String reason) throws IOException {
        assertRefused(file(header, dataBytes), reason);
    }

    @Test
    void fileWithoutHeaderLengthIsRefused() throws IOException {
        assertRefused(file(new byte[7]), "too few for a header");
    }

    @Test
    void headerBeyondTheFileIsRefused() throws IOException {
        assertRefused(file(new byte[] {9, 0, 0, 0, 0, 0, 0, 0, '{', '}'}), "truncated inside the header");
    }

    @Test
    void hugeHeaderIsRefusedBeforeItIsRead() throws IOException {
        assertRefused(file(new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80, '{', '}'}), "larger than 100 MB");
        assertRefused(file(new byte[] {1, (byte) 0xe1, (byte) 0xf5, 5, 0, 0, 0, 0, '{', '}'}), "larger than 100 MB");
    }

    @Test
    void otherKindsOfFileAreRecognised() throws IOException {
        assertRefused(file("PK\u0003\u0004archive/data.pkl".getBytes(StandardCharsets.ISO_8859_1)), "PyTorch .ckpt");
        assertRefused(file("version https://git-lfs".getBytes(StandardCharsets.ISO_8859_1)), "git lfs pull");
        assertRefused(file("<!DOCTYPE html>".getBytes(StandardCharsets.ISO_8859_1)), "web page");
    }

    @Test
    void headerThatIsNotUtf8IsRefused() throws IOException {
        assertRefused(file(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, 0), "not UTF-8");
        assertRefused(file("{}".getBytes(StandardCharsets.UTF_16), 0), "not UTF-8");
    }

    @Test
    void blanksAroundTheHeaderAreTaken() throws IOException {
        String header = "\t\n {\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1],\"more\":[1]}} \r\n\t";
        try (SafetensorsFile file = SafetensorsFile.open(file(header, 1))) {
            assertThat(file.tensor("a").toLongs()).containsExactly(0);
        }
    }

    @Test
    void emptyTensorsMayShareAnOffset() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[0,0]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                + "\"c\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
        try (SafetensorsFile file = SafetensorsFile.open(file(header, 4))) {
            assertThat(file.names()).contains("a", "b", "c");
        }
    }

    @Test
    void unsupportedTypeIsAnErrorOnlyWhenItsTensorIsAskedFor() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
        try (SafetensorsFile file = SafetensorsFile.open(file(header, 8))) {
            assertThat(file.tensor("b").toFloats()).containsExactly(0);
            assertThat(file.info("a").dtype()).isEqualTo("F8_E4M3");
            assertThatThrownBy(() -> file.tensor("a"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("tensor a of")
                    .hasMessageContaining("unsupported type F8_E4M3");
        }
    }

    @Test
    void missingFileAndFolderAreTheUsersErrors() {
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("no.safetensors")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no.safetensors: no such file");
        assertThatThrownBy(() -> SafetensorsFile.open(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("it is a folder");
    }
}
