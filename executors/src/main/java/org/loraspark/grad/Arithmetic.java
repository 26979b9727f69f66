package org.loraspark.grad;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Shapes;

/** Sums, masks and shapes. */
public final class Arithmetic {
    private Arithmetic() {}

    /** a + b of the same shape. */
    public static Var add(Var a, Var b) {
        Tape tape = a.tape();
        return tape.record(tape.output(tape.engine().add(a.value(), b.value()), a, b), dy -> {
            tape.move(a, dy);
            tape.move(b, dy);
        });
    }

    /** x {@code [batch, ..., channels]} plus one row {@code [batch, channels]} for each picture. */
    public static Var addPerSample(Var x, Var rows) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(tape.output(engine.addPerSample(x.value(), rows.value()), x, rows), dy -> {
            tape.into(rows, (dx, beta) -> engine.addPerSampleBackward(dy, dx, beta));
            tape.move(x, dy);
        });
    }

    /** x ∘ mask, both of one shape; the mask has no gradient. */
    public static Var masked(Var x, Var mask) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                tape.output(engine.multiply(x.value(), mask.value()), x),
                dy -> tape.give(x, engine.multiply(dy, mask.value())),
                mask);
    }

    /** Along the last dimension: {@code [..., m], [..., n] -> [..., m + n]}. */
    public static Var concat(Var a, Var b) {
        Tape tape = a.tape();
        Engine engine = tape.engine();
        long m = Shapes.last(a.shape());
        return tape.record(tape.output(engine.concat(a.value(), b.value()), a, b), dy -> {
            tape.into(a, (dx, beta) -> engine.columns(dy, 0, dx, beta));
            tape.into(b, (dx, beta) -> engine.columns(dy, m, dx, beta));
        });
    }

    /** The same memory under another shape. */
    public static Var reshape(Var x, long... shape) {
        Tape tape = x.tape();
        if (Shapes.size(shape) != x.size()) {
            throw new IllegalArgumentException(
                    "reshape: " + Shapes.toString(x.shape()) + " cannot become " + Shapes.toString(shape));
        }
        return tape.record(tape.outputIn(x, shape, x), dy -> tape.move(x, dy));
    }
}
