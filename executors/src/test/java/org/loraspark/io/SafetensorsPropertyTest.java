package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

class SafetensorsPropertyTest {
    private static Map<String, HostTensor> tensors(List<String> names, long seed) {
        Random random = new Random(seed);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (String name : names) {
            DType dtype = DType.values()[random.nextInt(DType.values().length)];
            long[] shape = random.longs(random.nextInt(4), 0, 4).toArray();
            byte[] data = new byte[(int) new TensorSpec(name, dtype, shape).bytes()];
            random.nextBytes(data);
            tensors.put(name, new HostTensor(dtype, shape, ByteBuffer.wrap(data)));
        }
        return tensors;
    }

    private static byte[] bytes(Map<String, HostTensor> tensors, Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SafetensorsWriter.write(out, tensors, metadata);
        return out.toByteArray();
    }

    @Property(tries = 200)
    void whatIsWrittenIsReadBack(
            @ForAll @Size(max = 6) @UniqueElements List<@NotEmpty String> names,
            @ForAll @Size(max = 3) Map<String, String> metadata,
            @ForAll long seed)
            throws IOException {
        Map<String, HostTensor> tensors = tensors(names, seed);
        Path path = Files.createTempFile("property", ".safetensors");
        try {
            byte[] written = bytes(tensors, metadata);
            Files.write(path, written);
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                assertThat(file.metadata()).isEqualTo(metadata);
                assertThat(file.names()).containsExactlyInAnyOrderElementsOf(names);
                tensors.forEach((name, tensor) -> {
                    HostTensor read = file.tensor(name);
                    assertThat(read.dtype()).isEqualTo(tensor.dtype());
                    assertThat(read.shape()).isEqualTo(tensor.shape());
                    assertThat(read.data()).isEqualTo(tensor.data());
                });
            }
            assertThat((written.length - dataBytes(tensors)) % 8).isZero();
        } finally {
            Files.delete(path);
        }
    }

    @Property(tries = 300)
    void aFlippedHeaderByteIsReadOrIsTheUsersError(
            @ForAll long seed, @ForAll @IntRange(max = 199) int at, @ForAll byte value) throws IOException {
        byte[] file = bytes(tensors(List.of("one", "two", "three"), seed), Map.of("format", "pt"));
        file[at % (file.length / 2)] = value;
        Path path = Files.createTempFile("flipped", ".safetensors");
        try {
            Files.write(path, file);
            try (SafetensorsFile read = SafetensorsFile.open(path)) {
                assertThat(read.names()).hasSizeLessThanOrEqualTo(3);
            } catch (UserError e) {
                assertThat(e).hasMessageContaining(path.toString());
            }
        } finally {
            Files.delete(path);
        }
    }

    private static int dataBytes(Map<String, HostTensor> tensors) {
        return tensors.values().stream().mapToInt(t -> t.data().remaining()).sum();
    }
}
