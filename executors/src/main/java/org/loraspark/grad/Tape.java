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
 * starts at the first trainable module. Everything made while a tape is open is returned to the engine when it closes.
 */
public final class Tape implements AutoCloseable {
    private record Node(Var output, Backward backward) {}

    private final Engine engine;
    private final boolean recording;
    private final Scope scope;
    private final List<Node> nodes = new ArrayList<>();

    /** The gradient whose operation is being replayed, as long as nobody has taken its memory over. */
    private Tensor inFlight;

    private Tape(Engine engine, boolean recording) {
        this.engine = engine;
        this.recording = recording;
        this.scope = engine.scope();
    }

    /** A tape for training. */
    public static Tape recording(Engine engine) {
        return new Tape(engine, true);
    }

    /** A tape that records nothing; {@link #block}s give their memory back as soon as they are done. */
    public static Tape inference(Engine engine) {
        return new Tape(engine, false);
    }

    public Engine engine() {
        return engine;
    }

    public boolean isRecording() {
        return recording;
    }

    public Var constant(Tensor value) {
        return new Var(this, value, false, null);
    }

    /**
     * A trainable tensor.
     *
     * @param grad same size; gradients are added to what it holds, and it outlives the tape
     */
    public Var parameter(Tensor value, Tensor grad) {
        return new Var(this, value, recording, grad);
    }

    /**
     * The output of an operation.
     *
     * @param backward hands the output's gradient on to the inputs with {@link #into} and {@link #move}; kept only when
     *     an input requires a gradient
     */
    public Var record(Tensor value, Backward backward, Var... inputs) {
        boolean requiresGrad = false;
        for (Var input : inputs) {
            requiresGrad |= input.requiresGrad();
        }
        Var output = new Var(this, value, requiresGrad, null);
        if (requiresGrad) {
            nodes.add(new Node(output, backward));
        }
        return output;
    }

    /** Runs a part of a model whose only result is its last value; without recording, its other memory is freed. */
    public Var block(Supplier<Var> body) {
        if (recording) {
            return body.get();
        }
        try (Scope inner = engine.scope()) {
            return constant(inner.keep(body.get().value()));
        }
    }

    /** Adds a kernel's gradient to {@code x}, if {@code x} needs one. */
    public void into(Var x, GradientKernel kernel) {
        if (!x.requiresGrad()) {
            return;
        }
        if (x.grad() == null) {
            x.grad(engine.empty(x.shape()));
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
        } else if (inFlight == dy) {
            x.grad(dy.reshape(x.shape()));
            inFlight = null;
        } else {
            Tensor copy = engine.empty(x.shape());
            engine.copy(dy.reshape(x.shape()), copy);
            x.grad(copy);
        }
    }

    /** Adds a gradient that a kernel has just made to {@code x}, and takes its memory over. */
    public void give(Var x, Tensor gradient) {
        if (!x.requiresGrad()) {
            scope.release(gradient);
        } else if (x.grad() == null) {
            x.grad(gradient);
        } else {
            engine.axpy(1, gradient, x.grad());
            scope.release(gradient);
        }
    }

    /**
     * Walks the tape back and adds every parameter's gradient to its tensor. May be called once.
     *
     * @param dy gradient of the loss with respect to {@code output}; its memory stays the caller's
     */
    public void backward(Var output, Tensor dy) {
        if (!output.requiresGrad()) {
            throw new IllegalStateException("the output depends on no trainable parameter");
        }
        output.grad(engine.cloneOf(dy));
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            Tensor grad = node.output().grad();
            if (grad == null) {
                continue;
            }
            node.output().grad(null);
            inFlight = grad;
            node.backward().apply(grad);
            if (inFlight != null) {
                scope.release(grad);
                inFlight = null;
            }
        }
        nodes.clear();
    }

    @Override
    public void close() {
        nodes.clear();
        scope.close();
    }
}
