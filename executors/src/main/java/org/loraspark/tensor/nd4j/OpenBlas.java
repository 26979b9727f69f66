package org.loraspark.tensor.nd4j;

import com.sun.jna.NativeLibrary;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.Loader;

/** The BLAS that ND4J calls on CPUs. */
final class OpenBlas {
    private static final Set<String> AVX512 = Set.of("SkylakeX", "Cooperlake", "SapphireRapids");

    private OpenBlas() {}

    /**
     * The processor whose kernels OpenBLAS took in this process, as {@code openblas_get_corename} names it. It may be an
     * older one than the processor that is there: release 0.3.31 knows no Zen 5 and runs the AVX2 kernels on it, until
     * the environment variable {@code OPENBLAS_CORETYPE} says {@code SKYLAKEX}. Empty when ND4J has loaded another BLAS,
     * or when its library cannot be asked.
     */
    static Optional<String> kernels() {
        try {
            return Loader.getLoadedLibraries().entrySet().stream()
                    .filter(library -> library.getKey().startsWith("openblas"))
                    .map(library -> NativeLibrary.getInstance(library.getValue())
                            .getFunction("openblas_get_corename")
                            .invokeString(new Object[0], false))
                    .findFirst();
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }

    /** Whether the kernels round every sum alike for any number of threads, which those for AVX-512 do. */
    static boolean sameForAnyThreads() {
        return kernels().filter(AVX512::contains).isPresent();
    }
}
