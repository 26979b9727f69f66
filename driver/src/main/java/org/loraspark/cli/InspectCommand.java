package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.io.SafetensorsFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a file is. */
@Command(
        name = "inspect",
        description = "Tells what adapter or base model a .safetensors file holds.",
        footer = {"  lora-spark inspect output/quickstart/outline-style.safetensors"})
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files to look at.")
    private List<String> files;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (String file : files) {
            inspect(file, out);
        }
        return 0;
    }

    private static void inspect(String name, PrintWriter out) {
        boolean adapter;
        try (SafetensorsFile file = SafetensorsFile.open(AdapterFiles.path(name), new Configuration())) {
            adapter = file.names().stream().anyMatch(key -> key.contains("lora"));
            if (!adapter) {
                BaseModelSummary.print(file, out);
            }
        }
        if (adapter) {
            AdapterSummary.print(AdapterFiles.read(name), out);
        }
    }
}
