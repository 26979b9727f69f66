package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

/** Files made by Python's safetensors: read as they are, and written again with the same bytes. */
class SafetensorsGoldenTest {
    @TempDir
    Path folder;

    private static Path resource(String name) {
        return Path.of("src/test/resources/io", name);
    }

    private Path rewritten(SafetensorsFile file) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        Path copy = folder.resolve("copy.safetensors");
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(copy.toString()), new Configuration(), tensors, file.metadata());
        return copy;
    }

    @Test
    void referenceFileIsReadWithEveryType() {
        try (SafetensorsFile file = SafetensorsFile.open(resource("reference.safetensors"))) {
            assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
            assertThat(file.tensor("z").toFloats()).containsExactly(0.5f, -1, 2, 3.25f, 65504, 1e-8f);
            assertThat(file.tensor("z").shape()).containsExactly(2, 3);
            assertThat(file.tensor("a").shape()).isEmpty();
            assertThat(file.tensor("a").toFloats()).containsExactly(1.5f);
            assertThat(file.tensor("half").toFloats()).containsExactly(0.5f, -1, 2, 3.25f, 65504, 0);
            assertThat(file.tensor("brain").toFloats()).containsExactly(1, -2);
            assertThat(file.tensor("ids").toLongs()).containsExactly(1, -2, 1L << 40);
            assertThat(file.tensor("double").toFloats()).containsExactly((float) Math.PI);
            assertThat(file.tensor("bytes").toLongs()).containsExactly(0, 1, 254, 255);
            assertThat(file.tensor("mask").toLongs()).containsExactly(1, 0);
            assertThat(file.tensor("none").toFloats()).isEmpty();
            assertThat(file.tensor("quote\"\\\n\u0001é😀").toFloats()).containsExactly(0.5f);
        }
    }

    @Test
    void namesComeInTheOrderOfTheData() {
        try (SafetensorsFile file = SafetensorsFile.open(resource("reference.safetensors"))) {
            assertThat(file.names()).startsWith("ids", "double", "a").endsWith("bytes", "mask");
            assertThat(file.names().indexOf("\uff21")).isLessThan(file.names().indexOf("\ud83d\ude00"));
        }
    }

    @Test
    void referenceFileIsWrittenByteForByte() throws IOException {
        for (String name : List.of("reference.safetensors", "empty.safetensors")) {
            try (SafetensorsFile file = SafetensorsFile.open(resource(name))) {
                assertThat(rewritten(file)).hasSameBinaryContentAs(resource(name));
            }
        }
    }

    @Test
    void tensorsStayReadableAfterClose() {
        HostTensor tensor;
        try (SafetensorsFile file = SafetensorsFile.open(resource("reference.safetensors"))) {
            tensor = file.tensor("half");
        }
        assertThat(tensor.toFloats()[0]).isEqualTo(0.5f);
    }

    @Test
    void streamedTensorsAreAskedForOnceInFileOrder() throws IOException {
        Path path = folder.resolve("streamed.safetensors");
        List<TensorSpec> specs = List.of(
                new TensorSpec("b", DType.F16, 1, 2),
                new TensorSpec("a", DType.F16, 3),
                new TensorSpec("c", DType.F32, 2));
        List<String> asked = new java.util.ArrayList<>();
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(path.toString()), new Configuration(), specs, Map.of(), spec -> {
                    asked.add(spec.name());
                    return new HostTensor(
                            spec.dtype(),
                            spec.shape(),
                            ByteBuffer.allocate((int) spec.bytes()).order(ByteOrder.LITTLE_ENDIAN));
                });
        assertThat(asked).containsExactly("c", "a", "b");
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactly("c", "a", "b");
        }
    }

    @Test
    void failingSourceLeavesTheOldFileAndNoOther() throws IOException {
        Path path = folder.resolve("kept.safetensors");
        Files.writeString(path, "old");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> SafetensorsWriter.write(
                        new org.apache.hadoop.fs.Path(path.toString()),
                        new Configuration(),
                        List.of(new TensorSpec("a", DType.F32, 2)),
                        Map.of(),
                        spec -> {
                            throw new IllegalStateException("no values");
                        }))
                .hasMessage("no values");
        assertThat(path).hasContent("old");
        assertThat(folder.toFile().list()).containsExactly("kept.safetensors");
    }
}
