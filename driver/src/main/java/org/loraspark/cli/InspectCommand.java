package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.PeftFile;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a file is. */
@Command(
        name = "inspect",
        description = "Tells what adapter or base model a file or folder holds.",
        footer = {
            "  lora-spark inspect output/quickstart/outline-style.safetensors",
            "  lora-spark inspect conf/demo/base"
        })
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = ".safetensors files or diffusers folders.")
    private List<String> paths;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        for (String path : paths) {
            inspect(path, out);
        }
        return 0;
    }

    private static void inspect(String name, PrintWriter out) throws IOException {
        Path path = AdapterFiles.path(name);
        FileSystem fileSystem = Storage.fileSystem(path, new Configuration());
        if (!fileSystem.exists(path)) {
            throw new UserError("there is no file or folder " + name);
        }
        boolean adapter;
        if (fileSystem.getFileStatus(path).isDirectory()) {
            adapter = fileSystem.exists(new Path(path, PeftFile.FILE_NAME));
            if (!adapter) {
                BaseModelSummary.print(path, out);
            }
        } else {
            try (SafetensorsFile file = SafetensorsFile.open(path, new Configuration())) {
                adapter = file.names().stream().anyMatch(key -> key.contains("lora"));
                if (!adapter) {
                    BaseModelSummary.print(file, path, out);
                }
            }
        }
        if (adapter) {
            AdapterSummary.print(AdapterFiles.read(name), out);
        }
    }
}
