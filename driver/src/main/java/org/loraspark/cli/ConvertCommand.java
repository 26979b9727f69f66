package org.loraspark.cli;

import java.util.concurrent.Callable;
import org.loraspark.UserError;
import org.loraspark.io.LoraFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** An adapter in another tool's spelling. */
@Command(
        name = "convert",
        description = {
            "Converts an adapter between kohya's form (A1111, ComfyUI, diffusers) and PEFT's (diffusers, PEFT).",
            "The form of the input is found out."
        },
        footer = {
            "  lora-spark convert style.safetensors --to peft --output pytorch_lora_weights.safetensors",
            "  lora-spark convert pytorch_lora_weights.safetensors --to kohya --precision fp16 --output style.safetensors"
        })
final class ConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The adapter.")
    private String input;

    @Option(names = "--to", required = true, paramLabel = "FORM", description = "kohya or peft.")
    private String form;

    @Mixin
    private AdapterOutput output;

    @Override
    public Integer call() {
        LoraFile.Dialect dialect = switch (form.toLowerCase(java.util.Locale.ROOT)) {
            case "kohya" -> LoraFile.Dialect.KOHYA;
            case "peft" -> LoraFile.Dialect.PEFT;
            default -> throw new UserError("--to " + form + " must be kohya or peft");
        };
        LoraFile file = AdapterFiles.read(input);
        AdapterFiles.write(output.file, dialect, file.weights(), output.dtype(file.dtype()), file.metadata());
        spec.commandLine()
                .getOut()
                .println(output.file + ": "
                        + AdapterSummary.dialect(file.dialect()) + " to " + AdapterSummary.dialect(dialect) + ", "
                        + file.weights().layout().modules().size() + " modules");
        return 0;
    }
}
