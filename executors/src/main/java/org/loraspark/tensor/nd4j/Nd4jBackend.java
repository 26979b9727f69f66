package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.EngineProvider.Availability;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** What ND4J runs on in this process, and its process-wide settings. */
final class Nd4jBackend {
    private Nd4jBackend() {}

    /** @param device index of the GPU, or -1 for the one that the runtime picks */
    static Availability availability(int device) {
        try {
            return new Availability(
                    true, "ND4J on the CPU with " + Nd4j.factory().blas().getBlasVendor() + "; trains in fp32");
        } catch (Throwable e) {
            return new Availability(false, "ND4J cannot start here: " + e);
        }
    }

    /** Holds for the process, except OpenMP's number, which holds for the calling thread: see {@link #adopt}. */
    static void configure(int threads) {
        Environment environment = Nd4j.getEnvironment();
        environment.setMaxThreads(threads);
        environment.setMaxMasterThreads(threads);
        Nd4j.factory().blas().setMaxThreads(threads);
        adopt(threads);
    }

    /** OpenMP, which runs oneDNN's share of ND4J, keeps its number of threads for each calling thread. */
    static void adopt(int threads) {
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }
}
