package org.loraspark.infer;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps ONNX Runtime from being taken down under a run. When the process ends, the library's own shutdown hook releases
 * its environment, and then its static objects go; a run in flight would crash there. So the environment has a second
 * owner that never lets go of it, and the end of the process waits for the runs in flight and admits no new ones.
 */
final class OnnxRuns {
    private static final int SECONDS_TO_END = 20;
    private static final ReentrantReadWriteLock RUNS = new ReentrantReadWriteLock();
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    static {
        own();
        Runtime.getRuntime().addShutdownHook(new Thread(OnnxRuns::end, "end of ONNX runs"));
    }

    private OnnxRuns() {}

    /** A run, or anything else during which the library must stay. */
    @FunctionalInterface
    interface Run<T> {
        T go() throws OrtException;
    }

    static OrtEnvironment environment() {
        return ENVIRONMENT;
    }

    static <T> T during(Run<T> run) throws OrtException {
        RUNS.readLock().lock();
        try {
            return run.go();
        } finally {
            RUNS.readLock().unlock();
        }
    }

    /** The library counts how often its environment was asked for; its Java side asks once and has no word for more. */
    private static void own() {
        try {
            Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
            Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
            api.setAccessible(true);
            create.setAccessible(true);
            create.invoke(null, api.getLong(null), 2, "lora-spark");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of ONNX Runtime is not the one that was built against", e);
        }
    }

    /** The lock is not given back: what comes now waits until the process is gone. */
    private static void end() {
        try {
            RUNS.writeLock().tryLock(SECONDS_TO_END, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
