package org.loraspark.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The machine that the process runs on, in words. */
final class Machine {
    private static final double GIB = 1L << 30;

    /** By the flag that the kernel shows, the best first. */
    private static final Map<String, String> INSTRUCTION_SETS = new LinkedHashMap<>();

    static {
        INSTRUCTION_SETS.put("amx_bf16", "AMX");
        INSTRUCTION_SETS.put("avx512_bf16", "AVX-512 with bf16");
        INSTRUCTION_SETS.put("avx512f", "AVX-512");
        INSTRUCTION_SETS.put("avx2", "AVX2");
    }

    private Machine() {}

    static String java() {
        return System.getProperty("java.version") + ", " + System.getProperty("java.vm.name") + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }

    static String processor() {
        return Runtime.getRuntime().availableProcessors() + " cores, " + processorModel();
    }

    static String memory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return "%.1f GiB, %.1f GiB free; Java heap at most %.1f GiB"
                .formatted(
                        system.getTotalMemorySize() / GIB,
                        system.getFreeMemorySize() / GIB,
                        Runtime.getRuntime().maxMemory() / GIB);
    }

    static String totalMemory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return "%.1f GiB".formatted(system.getTotalMemorySize() / GIB);
    }

    /** The best that the processor has for products; an engine's own line says what it uses. */
    static String instructionSet() {
        List<String> flags = List.of(processorInfo("flags").split(" "));
        return INSTRUCTION_SETS.entrySet().stream()
                .filter(entry -> flags.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("no AVX2");
    }

    private static String processorModel() {
        String model = processorInfo("model name");
        return model.isEmpty() ? "model unknown" : model;
    }

    private static String processorInfo(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
