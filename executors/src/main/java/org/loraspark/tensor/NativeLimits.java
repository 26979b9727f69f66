package org.loraspark.tensor;

/**
 * JavaCPP refuses native memory once the process holds twice the Java heap. Weights and activations live outside the
 * heap on purpose, and a cluster's manager limits the whole process; so that rule goes, unless the user sets it.
 */
public final class NativeLimits {
    private NativeLimits() {}

    /** Called before the first native library is loaded. */
    public static void lift() {
        System.getProperties().putIfAbsent("org.bytedeco.javacpp.maxbytes", "0");
        System.getProperties().putIfAbsent("org.bytedeco.javacpp.maxphysicalbytes", "0");
    }
}
