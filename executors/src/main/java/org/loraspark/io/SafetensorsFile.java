package org.loraspark.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

/**
 * A safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps.
 *
 * <p>Each tensor is mapped when it is asked for and shares memory with the operating system's file cache, so opening a
 * checkpoint of many gigabytes costs its header only. Tensors stay valid after {@link #close}. A file of another file
 * system is first copied to a nameless local file, once.
 */
public final class SafetensorsFile implements AutoCloseable {
    private final String path;
    private final FileChannel channel;
    private final long dataStart;
    private final Map<String, String> metadata;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    private SafetensorsFile(String path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        byte[] json = readHeader();
        this.dataStart = 8L + json.length;
        SafetensorsHeader header = SafetensorsHeader.parse(json, channel.size() - dataStart, path);
        this.metadata = Collections.unmodifiableMap(header.metadata());
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }

    public static SafetensorsFile open(Path path, Configuration conf) {
        var local = Storage.local(path, conf);
        if (local.isPresent()) {
            return open(local.get());
        }
        try {
            java.nio.file.Path copy = Files.createTempFile("lora-spark-", ".safetensors");
            try (InputStream in = Storage.fileSystem(path, conf).open(path)) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
                return open(path.toString(), copy);
            } finally {
                // The open channel keeps the bytes; without a name nothing can be left behind.
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw Storage.failure("read", path.toString(), e);
        }
    }

    public static SafetensorsFile open(java.nio.file.Path path) {
        if (Files.isDirectory(path)) {
            throw new UserError("cannot read " + path + ": it is a folder, a .safetensors file is needed");
        }
        try {
            return open(path.toString(), path);
        } catch (IOException e) {
            throw Storage.failure("read", path.toString(), e);
        }
    }

    private static SafetensorsFile open(String name, java.nio.file.Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new SafetensorsFile(name, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private byte[] readHeader() throws IOException {
        if (channel.size() < 8) {
            throw new CorruptFileException(path, "it has " + channel.size() + " bytes, too few for a header");
        }
        ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        readFully(prefix, 0);
        long length = prefix.getLong(0);
        if (Long.compareUnsigned(length, SafetensorsHeader.MAX_BYTES) > 0) {
            throw new CorruptFileException(path, "its header would be larger than 100 MB, " + guess(prefix.array()));
        }
        if (8 + length > channel.size()) {
            throw new CorruptFileException(
                    path,
                    "it is truncated inside the header, which should have " + length + " bytes, or it is no safetensors"
                            + " file");
        }
        ByteBuffer json = ByteBuffer.allocate((int) length);
        readFully(json, 8);
        return json.array();
    }

    /** What people name .safetensors by mistake. */
    private static String guess(byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.startsWith("PK") || start[0] == (byte) 0x80) {
            return "it looks like a PyTorch .ckpt; convert it to safetensors first";
        }
        if (text.startsWith("version ")) {
            return "it looks like a Git LFS pointer; run git lfs pull";
        }
        if (text.startsWith("<")) {
            return "it looks like a web page; download the file itself";
        }
        return "so it is no safetensors file";
    }

    private void readFully(ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, position + buffer.position());
            if (read < 0) {
                throw new CorruptFileException(path, "it became shorter while it was read");
            }
        }
    }

    /** Where it was opened from. */
    public String path() {
        return path;
    }

    /** The {@code __metadata__} entries; empty when there are none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Names in the order of the data. */
    public List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    public TensorInfo info(String name) {
        TensorInfo info = tensors.get(name);
        if (info == null) {
            throw new UserError(path + " has no tensor " + name);
        }
        return info;
    }

    public HostTensor tensor(String name) {
        TensorInfo info = info(name);
        DType dtype = SafetensorsType.valueOf(info.dtype())
                .dtype()
                .orElseThrow(() -> new UserError("tensor " + name + " of " + path + " has the unsupported type "
                        + info.dtype() + "; convert the file to F16, BF16 or F32"));
        if (info.bytes() > Integer.MAX_VALUE) {
            throw new UserError("tensor " + name + " of " + path + " is larger than 2 GiB, which is not supported");
        }
        try {
            return new HostTensor(
                    dtype,
                    info.shape().clone(),
                    channel.map(FileChannel.MapMode.READ_ONLY, dataStart + info.begin(), info.bytes()));
        } catch (IOException e) {
            throw Storage.failure("read", path, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Storage.failure("close", path, e);
        }
    }
}
