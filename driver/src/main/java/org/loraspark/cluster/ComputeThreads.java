package org.loraspark.cluster;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The threads in which engines work, as few as work at one time, whatever threads Spark runs its tasks in.
 *
 * <p>OpenMP, which oneDNN and ND4J compute with, gives each thread that calls it a team and keeps that until the thread
 * ends. Successive tasks come in different threads of Spark's pool; as soon as all teams together have more threads than
 * there are cores, GNU's OpenMP lets them sleep between two kernels instead of waiting a moment for the next, and wakes
 * them thousands of times in a step.
 */
public final class ComputeThreads {
    private static final Deque<ExecutorService> IDLE = new ArrayDeque<>();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private ComputeThreads() {}

    /** One piece of work, and the thread that it runs in while it does. */
    private static final class Work<T> implements Runnable {
        private final Supplier<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private Thread runner;
        private boolean interrupted;

        Work(Supplier<T> work) {
            this.work = work;
        }

        @Override
        public void run() {
            begin();
            try {
                result.complete(work.get());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            } finally {
                end();
            }
        }

        private synchronized void begin() {
            runner = Thread.currentThread();
            if (interrupted) {
                runner.interrupt();
            }
        }

        /** The thread's next work is not meant by an interruption of this one. */
        private synchronized void end() {
            runner = null;
            Thread.interrupted();
        }

        synchronized void interrupt() {
            interrupted = true;
            if (runner != null) {
                runner.interrupt();
            }
        }
    }

    /**
     * Runs the work in such a thread and waits for its end. Its exception comes out as it was thrown; an interruption of
     * the caller reaches it, and the caller remains interrupted.
     */
    public static <T> T run(Supplier<T> work) {
        Work<T> piece = new Work<>(work);
        ExecutorService thread = take();
        boolean interrupted = false;
        try {
            thread.execute(piece);
            while (true) {
                try {
                    return piece.result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    piece.interrupt();
                } catch (ExecutionException e) {
                    throw unchecked(e.getCause());
                }
            }
        } finally {
            giveBack(thread);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException exception ? exception : new CompletionException(e);
    }

    private static ExecutorService take() {
        synchronized (IDLE) {
            ExecutorService last = IDLE.pollLast();
            return last != null ? last : Executors.newSingleThreadExecutor(ComputeThreads::thread);
        }
    }

    private static void giveBack(ExecutorService thread) {
        synchronized (IDLE) {
            IDLE.addLast(thread);
        }
    }

    private static Thread thread(Runnable runs) {
        Thread thread = new Thread(runs, "lora-spark-compute-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
