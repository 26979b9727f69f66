package org.loraspark.nn;

import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;

/**
 * One run through a model: everything that is not a frozen weight, so that one model can serve many workers at a time.
 *
 * @param tape records it, or not
 * @param adapters what is added to adapted layers
 * @param trace sees intermediate values
 */
public record Pass(Tape tape, Adapters adapters, Trace trace) {
    /** Shows a layer's output to the trace, and returns it. */
    Var seen(String name, Var y) {
        if (trace != Trace.NONE) {
            trace.see(name, y.value());
        }
        return y;
    }

    /** The frozen model as it is. */
    public static Pass plain(Tape tape) {
        return new Pass(tape, Adapters.NONE, Trace.NONE);
    }
}
