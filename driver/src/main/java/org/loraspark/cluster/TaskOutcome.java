package org.loraspark.cluster;

import java.io.Serializable;
import java.util.function.Supplier;
import org.loraspark.UserError;
import org.loraspark.train.TrainingDivergedException;

/**
 * What a task gives back: its value, or a failure that every further attempt would repeat. Such a failure travels as a
 * value, so that Spark does not try it again and the user reads one sentence; anything else is thrown and retried.
 *
 * @param value null when it failed
 * @param failure null when it did not
 */
record TaskOutcome<T extends Serializable>(T value, RuntimeException failure) implements Serializable {
    static <T extends Serializable> TaskOutcome<T> of(Supplier<T> work) {
        try {
            return new TaskOutcome<>(work.get(), null);
        } catch (UserError e) {
            return new TaskOutcome<>(null, new UserError(e.getMessage()));
        } catch (TrainingDivergedException e) {
            return new TaskOutcome<>(null, new TrainingDivergedException(e.getMessage()));
        } catch (OutOfMemoryError e) {
            // Thrown, it would end the process, and with it other runs' tasks.
            return new TaskOutcome<>(null, new WorkerOutOfMemoryException(e));
        }
    }

    /** The value, or the failure thrown. */
    T get() {
        if (failure != null) {
            throw failure;
        }
        return value;
    }
}
