package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.EngineProvider.Availability;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/** What ND4J runs on in this process, and its settings, which hold for the whole process. */
final class Nd4jBackend {
    private static final int OLDEST_MAJOR = 3;
    private static final int OLDEST_MINOR = 7;

    /** Code for 8.0 and 8.6 runs on every 8.x, and nothing in this ND4J can be compiled for what came later. */
    private static final int NEWEST_MAJOR = 8;

    private Nd4jBackend() {}

    /** @param device index of the GPU, or -1 for the one that the runtime picks */
    static Availability availability(int device) {
        try {
            if (Nd4j.getEnvironment().isCPU()) {
                String level = switch (natives().binaryLevel()) {
                    case 2 -> "AVX2";
                    case 3 -> "AVX-512";
                    default -> "no vector extension";
                };
                String blas = Nd4j.factory().blas().getBlasVendor().toString();
                String kernels = OpenBlas.kernels()
                        .map(core -> " with the kernels for " + core)
                        .orElse("");
                return new Availability(
                        true, "ND4J on the CPU (" + level + ", " + blas + kernels + "), which trains in fp32");
            }
            return gpu(device);
        } catch (RuntimeException | LinkageError e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return new Availability(false, "ND4J cannot start here: " + cause);
        }
    }

    private static Availability gpu(int device) {
        NativeOps natives = natives();
        int count = natives.getAvailableDevices();
        int index = device < 0 ? natives.getDevice() : device;
        if (index < 0 || index >= count) {
            return new Availability(false, "ND4J's CUDA build sees " + count + " GPUs and none with index " + index);
        }
        return gpu(natives.getDeviceName(index), natives.getDeviceMajor(index), natives.getDeviceMinor(index));
    }

    static Availability gpu(String name, int major, int minor) {
        String card = name + " (compute capability " + major + "." + minor + ")";
        if (major > NEWEST_MAJOR) {
            return new Availability(
                    false,
                    card + " is too new for this ND4J, whose CUDA code ends at compute capability 8.x;"
                            + " use a GPU such as T4, V100, A10, A100 or RTX 20 to 40, or a build without the profile"
                            + " cuda to train on the CPU");
        }
        if (major < OLDEST_MAJOR || major == OLDEST_MAJOR && minor < OLDEST_MINOR) {
            return new Availability(
                    false,
                    card + " is too old for this ND4J, whose CUDA code begins at compute capability 3.7;"
                            + " use a newer GPU, or a build without the profile cuda to train on the CPU");
        }
        return new Availability(true, "ND4J on " + card + ", which trains in fp32");
    }

    /** Holds for the process, except what {@link #adopt} sets. */
    static void configure(int threads, int device) {
        Environment environment = Nd4j.getEnvironment();
        environment.setMaxThreads(threads);
        environment.setMaxMasterThreads(threads);
        Nd4j.factory().blas().setMaxThreads(threads);
        adopt(threads, device);
    }

    /** The settings of the calling thread: its GPU, and the number of threads of OpenMP, which runs oneDNN's share. */
    static void adopt(int threads, int device) {
        if (Nd4j.getEnvironment().isCPU()) {
            natives().setOmpNumThreads(threads);
        } else if (device >= 0) {
            Nd4j.getAffinityManager().unsafeSetDevice(device);
        }
    }

    private static NativeOps natives() {
        return NativeOpsHolder.getInstance().getDeviceNativeOps();
    }
}
