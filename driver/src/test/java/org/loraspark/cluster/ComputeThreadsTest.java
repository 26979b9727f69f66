package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ComputeThreadsTest {
    @Test
    void workOfManyThreadsOneAfterTheOtherIsDoneInOne() throws InterruptedException {
        Set<Thread> threads = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            Thread task = new Thread(() -> threads.add(ComputeThreads.run(Thread::currentThread)));
            task.start();
            task.join();
        }
        assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
    }

    @Test
    void worksOfOneTimeHaveThreadsOfTheirOwn() {
        Set<Thread> both =
                ComputeThreads.run(() -> Set.of(Thread.currentThread(), ComputeThreads.run(Thread::currentThread)));
        assertThat(both).hasSize(2);
    }

    @Test
    void exceptionsAndErrorsComeOutAsTheyWereThrown() {
        RuntimeException exception = new IllegalStateException("as it was");
        assertThatThrownBy(() -> ComputeThreads.run(() -> {
                    throw exception;
                }))
                .isSameAs(exception);
        Error error = new OutOfMemoryError("as it was");
        assertThatThrownBy(() -> ComputeThreads.run(() -> {
                    throw error;
                }))
                .isSameAs(error);
    }

    @Test
    void anInterruptionReachesTheWorkAndNoOther() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean reached = new AtomicBoolean();
        AtomicBoolean remains = new AtomicBoolean();
        Thread task = new Thread(() -> {
            ComputeThreads.run(() -> {
                begun.countDown();
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    reached.set(true);
                    Thread.currentThread().interrupt();
                }
                return null;
            });
            remains.set(Thread.currentThread().isInterrupted());
        });
        task.start();
        begun.await();
        task.interrupt();
        task.join();
        assertThat(reached).isTrue();
        assertThat(remains).isTrue();
        assertThat(ComputeThreads.run(() -> Thread.currentThread().isInterrupted()))
                .isFalse();
    }
}
