package org.loraspark.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/**
 * Records operations on the way forward and replays their gradients on the way back (reverse-mode differentiation). It
 * follows only what depends on a {@link #parameter}: an operation without such an input leaves no trace, so the tape
 * starts at the first trainable module.
 *
 * <p>Who owns a value: the {@link #block} that made it. At the block's end its memory goes back to the engine, unless it
 * is the block's result or a recorded operation reads it on the way back; then the block around takes it over. On the
 * way back a value goes with the last operation that reads it, and a gradient with the operation that handed it on. What
 * can be made again ({@link #canBeMadeAgain}) is not kept, but computed when it is first read on the way back.
 */
public final class Tape implements AutoCloseable {
    /** What is replayed: an operation, or a segment that is run again and leaves its operations here. */
    private record Node(List<Var> outputs, JointBackward backward, Supplier<Var> segment, Var[] reads) {}

    private final Engine engine;
    private final boolean recording;
    private final boolean checkpointing;
    private final Scope scope;
    private final List<Node> nodes = new ArrayList<>();

    /** Values of the blocks that are open, the innermost one's last. */
    private final List<Held> values = new ArrayList<>();

    /** In the first run of a segment: gradients are foreseen, but no operation is recorded. */
    private boolean paused;

    /** On the way back. */
    private boolean back;

    /** Of the operation that is being replayed, if one is. */
    private Scope step;

    /** The gradients whose operation is being replayed, as long as nobody has taken their memory over. */
    private final List<Tensor> inFlight = new ArrayList<>();

    private Tape(Engine engine, boolean recording, boolean checkpointing) {
        this.engine = engine;
        this.recording = recording;
        this.checkpointing = checkpointing;
        this.scope = engine.scope();
    }

    /** A tape for training. */
    public static Tape recording(Engine engine) {
        return new Tape(engine, true, false);
    }

    /** A tape for training that keeps no more of a {@link #segment} than its result and runs it twice. */
    public static Tape checkpointing(Engine engine) {
        return new Tape(engine, true, true);
    }

    /** A tape that records nothing. */
    public static Tape inference(Engine engine) {
        return new Tape(engine, false, false);
    }

    public Engine engine() {
        return engine;
    }

    /** A value without gradient that stays the caller's. */
    public Var constant(Tensor value) {
        return var(new Held(value, false), value.shape(), false);
    }

    /**
     * A trainable tensor.
     *
     * @param grad same size; gradients are added to what it holds, and it outlives the tape
     */
    public Var parameter(Tensor value, Tensor grad) {
        return new Var(this, new Held(value, false), value.shape(), recording, grad);
    }

    /** What an operation has just made of its inputs. */
    public Var output(Tensor value, Var... inputs) {
        return var(new Held(value, true), value.shape(), requireGrad(inputs));
    }

    /** The output of an operation that has worked in the memory of {@code y}, or looks at it under another shape. */
    public Var outputIn(Var y, long[] shape, Var... inputs) {
        return new Var(this, y.held(), shape, requireGrad(inputs), null);
    }

    /**
     * Remembers an operation's way back, if its output needs a gradient.
     *
     * @param backward hands the output's gradient on to the inputs with {@link #into}, {@link #move} and {@link #give}
     * @param reads the values that {@code backward} looks at; no others are there any more when it is called
     * @return the output
     */
    public Var record(Var output, Backward backward, Var... reads) {
        record(List.of(output), dys -> backward.apply(dys.get(0)), reads);
        return output;
    }

    /** Remembers the way back of an operation with several outputs, all of which need a gradient or none. */
    public void record(List<Var> outputs, JointBackward backward, Var... reads) {
        if (isRecorded(outputs.get(0))) {
            add(new Node(outputs, backward, null, reads));
        }
    }

    /**
     * Lets a value be dropped and computed again on the way back, bit for bit.
     *
     * @param recipe makes it from what the operation that made it reads on the way back
     * @return the value
     */
    public Var canBeMadeAgain(Var value, Supplier<Tensor> recipe) {
        if (isRecorded(value)) {
            value.held().recipe = recipe;
        }
        return value;
    }

    /** Runs a part of a model whose only result is its last value. */
    public Var block(Supplier<Var> body) {
        int first = values.size();
        try (Scope inner = engine.scope()) {
            Var result = body.get();
            List<Held> made = values.subList(first, values.size());
            made.removeIf(value -> {
                boolean stays = value == result.held() || value.isKept() || !value.made && value.readers > 0;
                if (stays && value.tensor != null) {
                    inner.keep(value.tensor);
                } else if (value.made) {
                    value.tensor = null;
                }
                return !stays;
            });
            return result;
        }
    }

    /**
     * A block that a {@linkplain #checkpointing checkpointing} tape runs again on the way back, in place of keeping what
     * its operations read. It must do the same in both runs.
     *
     * @param reads all values from outside that the body reads
     */
    public Var segment(Supplier<Var> body, Var... reads) {
        if (!checkpointing || paused) {
            return block(body);
        }
        Var output;
        paused = true;
        try {
            output = block(body);
        } finally {
            paused = false;
        }
        if (isRecorded(output)) {
            add(new Node(List.of(output), null, body, reads));
        }
        return output;
    }

    /** Adds a kernel's gradient to {@code x}, if {@code x} needs one. */
    public void into(Var x, GradientKernel kernel) {
        if (!x.requiresGrad()) {
            return;
        }
        if (x.grad() == null) {
            x.grad(step.keep(engine.empty(x.shape())));
            kernel.apply(x.grad(), 0);
        } else {
            kernel.apply(x.grad(), 1);
        }
    }

    /** Adds the gradient in flight to an input of the same size, without a copy when its memory can be taken over. */
    public void move(Var x, Tensor dy) {
        if (!x.requiresGrad()) {
            return;
        }
        if (x.grad() != null) {
            engine.axpy(1, dy.reshape(x.shape()), x.grad());
        } else if (inFlight.removeIf(grad -> grad == dy)) {
            x.grad(dy.reshape(x.shape()));
        } else {
            x.grad(step.keep(engine.empty(x.shape())));
            engine.copy(dy.reshape(x.shape()), x.grad());
        }
    }

    /** Adds a gradient that a kernel has just made to {@code x}, and takes its memory over. */
    public void give(Var x, Tensor gradient) {
        if (!x.requiresGrad()) {
            return;
        }
        if (x.grad() == null) {
            x.grad(step.keep(gradient));
        } else {
            engine.axpy(1, gradient, x.grad());
        }
    }

    /**
     * Walks the tape back and adds every parameter's gradient to its tensor. May be called once; the values that
     * operations have read are gone afterwards.
     *
     * @param dy gradient of the loss with respect to {@code output}; its memory stays the caller's
     */
    public void backward(Var output, Tensor dy) {
        if (!output.requiresGrad()) {
            throw new IllegalStateException("the output depends on no trainable parameter");
        }
        output.grad(engine.cloneOf(dy));
        back = true;
        while (!nodes.isEmpty()) {
            Node node = nodes.remove(nodes.size() - 1);
            if (node.outputs().stream().anyMatch(y -> y.grad() != null)) {
                replay(node);
            }
            for (Var read : node.reads()) {
                letGo(read.held());
            }
        }
    }

    private void replay(Node node) {
        List<Tensor> grads = new ArrayList<>();
        for (Var output : node.outputs()) {
            grads.add(output.grad());
            output.grad(null);
        }
        if (node.segment() != null) {
            runAgain(node, grads.get(0));
            return;
        }
        inFlight.addAll(grads);
        try (Scope operation = engine.scope()) {
            step = operation;
            node.backward().apply(grads);
        } finally {
            step = null;
        }
        for (Tensor grad : inFlight) {
            if (grad != null) {
                scope.release(grad);
            }
        }
        inFlight.clear();
    }

    /** Its operations are the next to be replayed. */
    private void runAgain(Node node, Tensor grad) {
        for (Var read : node.reads()) {
            tensor(read.held());
        }
        Var output = block(node.segment());
        output.grad(grad);
        if (output.held().readers == 0) {
            drop(output.held());
        }
    }

    Tensor tensor(Held value) {
        if (value.tensor == null) {
            if (value.recipe == null || !back) {
                throw new IllegalStateException("a value is read after its block has given it back");
            }
            try (Scope inner = engine.scope()) {
                value.tensor = inner.keep(value.recipe.get());
            }
            if (step != null) {
                step.keep(value.tensor);
            }
        }
        return value.tensor;
    }

    private void letGo(Held value) {
        value.readers--;
        if (value.readers == 0) {
            drop(value);
        }
    }

    private void drop(Held value) {
        if (value.made && value.tensor != null) {
            scope.release(value.tensor);
            value.tensor = null;
        }
    }

    private Var var(Held value, long[] shape, boolean requiresGrad) {
        values.add(value);
        return new Var(this, value, shape, requiresGrad, null);
    }

    private void add(Node node) {
        for (Var read : node.reads()) {
            read.held().readers++;
        }
        nodes.add(node);
    }

    private boolean isRecorded(Var output) {
        return output.requiresGrad() && !paused;
    }

    private static boolean requireGrad(Var... inputs) {
        for (Var input : inputs) {
            if (input.requiresGrad()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        nodes.clear();
        values.clear();
        scope.close();
    }
}
