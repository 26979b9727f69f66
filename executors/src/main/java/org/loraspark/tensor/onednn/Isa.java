package org.loraspark.tensor.onednn;

import java.util.function.Supplier;
import org.bytedeco.dnnl.global.dnnl;
import org.nd4j.nativeblas.NativeOpsHolder;

/** What this CPU can do, as oneDNN sees it, and the threads that it uses. */
final class Isa {
    private Isa() {}

    /** The best instruction set that oneDNN uses here, for people. */
    static String name() {
        int isa = dnnl.dnnl_get_effective_cpu_isa();
        if (amx()) {
            return "AMX";
        }
        if (has(isa, dnnl.dnnl_cpu_isa_avx512_core_bf16)) {
            return "AVX-512 with bf16";
        }
        if (has(isa, dnnl.dnnl_cpu_isa_avx512_core)) {
            return "AVX-512";
        }
        return has(isa, dnnl.dnnl_cpu_isa_avx2) ? "AVX2" : "SSE4.1";
    }

    /** From here on oneDNN computes in bf16, if only by emulation. */
    static boolean avx512() {
        return has(dnnl.dnnl_get_effective_cpu_isa(), dnnl.dnnl_cpu_isa_avx512_core);
    }

    /** Whether products of bf16 are instructions here; elsewhere they are emulated, slower than fp32. */
    static boolean bf16() {
        return has(dnnl.dnnl_get_effective_cpu_isa(), dnnl.dnnl_cpu_isa_avx512_core_bf16);
    }

    /** Whether products of bf16 are instructions on tiles, many times faster than what surrounds them. */
    static boolean amx() {
        return has(dnnl.dnnl_get_effective_cpu_isa(), dnnl.dnnl_cpu_isa_avx512_core_amx);
    }

    /** oneDNN's numbers are bit sets: a better instruction set contains the bits of what it builds on. */
    private static boolean has(int isa, int wanted) {
        return (isa & wanted) == wanted;
    }

    /** That the calling thread uses. */
    static int threads() {
        return NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
    }

    /** Of the calling thread, through the OpenMP runtime that ND4J and oneDNN share. */
    static void setThreads(int threads) {
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }

    /**
     * What {@code compile} makes for at most so many threads, though the calling thread may use more. A primitive keeps
     * to the number of threads that it was compiled for.
     */
    static <T> T withThreads(long most, Supplier<T> compile) {
        int threads = threads();
        setThreads((int) Math.max(1, Math.min(most, threads)));
        try {
            return compile.get();
        } finally {
            setThreads(threads);
        }
    }
}
