package org.loraspark.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.loraspark.UserError;

/**
 * How the process of a case is started: the Java, the class path and the options of this one, which are those of a
 * worker on this machine.
 *
 * @param base path of the base model
 * @param captioner path of the captioner
 * @param engine name in the config
 * @param threads of a worker
 */
record WorkerCommand(String base, String captioner, String engine, int threads) {
    List<String> command(BenchmarkCase benchmarkCase) {
        return command(benchmarkCase, threads);
    }

    private List<String> command(BenchmarkCase benchmarkCase, int processors) {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> command = new ArrayList<>();
        command.add(self.command().orElse("java"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-javaagent") && !option.startsWith("-agentlib"))
                .forEach(command::add);
        command.add("-XX:ActiveProcessorCount=" + processors);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), CaseProcess.class.getName()));
        String model = benchmarkCase.kind().isCaptioner() ? captioner : base;
        command.addAll(List.of(benchmarkCase.title(), model, engine));
        return command;
    }

    /** On some of the cores that this process may use, counted from 0; without {@code taskset} on as many of any. */
    List<String> onCores(BenchmarkCase benchmarkCase, int from, int count) {
        List<String> command = command(benchmarkCase, count);
        List<Integer> cores = allowedCores();
        if (cores.size() < from + count) {
            throw new StepProcess.Failed("it needs two cores, this process may use " + cores.size());
        }
        if (hasTaskset()) {
            List<String> chosen = cores.subList(from, from + count).stream()
                    .map(String::valueOf)
                    .toList();
            command.addAll(0, List.of("taskset", "-c", String.join(",", chosen)));
        }
        return command;
    }

    private static boolean hasTaskset() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "taskset")));
    }

    /** From a list such as {@code 0-3,8}. */
    private static List<Integer> allowedCores() {
        List<Integer> cores = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("Cpus_allowed_list:")) {
                    for (String range :
                            line.substring(line.indexOf(':') + 1).strip().split(",")) {
                        String[] ends = range.split("-");
                        for (int core = Integer.parseInt(ends[0]);
                                core <= Integer.parseInt(ends[ends.length - 1]);
                                core++) {
                            cores.add(core);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UserError("cannot read which cores this process may use: " + e.getMessage(), e);
        }
        return cores;
    }
}
