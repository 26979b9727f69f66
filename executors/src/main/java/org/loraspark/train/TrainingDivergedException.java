package org.loraspark.train;

/** A loss, a gradient or a weight became infinite or NaN. The message names worker, step, picture and module. */
public class TrainingDivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TrainingDivergedException(String message) {
        super(message);
    }
}
