package org.loraspark.cli;

import java.util.Locale;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import picocli.CommandLine.Option;

/** The options of commands that write an adapter file. */
final class AdapterOutput {
    @Option(names = "--output", required = true, paramLabel = "FILE", description = "The new .safetensors file.")
    String file;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "fp16, bf16 or fp32 (default: that of the first input).")
    private String precision;

    DType dtype(DType ofInput) {
        if (precision == null) {
            return ofInput.isFloat() ? ofInput : DType.F16;
        }
        return switch (precision.toLowerCase(Locale.ROOT)) {
            case "fp16" -> DType.F16;
            case "bf16" -> DType.BF16;
            case "fp32" -> DType.F32;
            default -> throw new UserError("--precision " + precision + " must be fp16, bf16 or fp32");
        };
    }
}
