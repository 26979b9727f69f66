package org.loraspark.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The machine that the process runs on, in words. */
final class Machine {
    private static final double GIB = 1L << 30;

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

    private static String processorModel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("model unknown");
        } catch (IOException e) {
            return "model unknown";
        }
    }
}
