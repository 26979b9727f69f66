package org.loraspark.nn;

import org.loraspark.grad.Tape;

/**
 * One run through a model: everything that is not a frozen weight, so that one model can serve many workers at a time.
 *
 * @param tape records it, or not
 * @param adapters what is added to adapted layers
 * @param trace sees intermediate values
 */
public record Pass(Tape tape, Adapters adapters, Trace trace) {
    /** The frozen model as it is. */
    public static Pass plain(Tape tape) {
        return new Pass(tape, Adapters.NONE, Trace.NONE);
    }
}
