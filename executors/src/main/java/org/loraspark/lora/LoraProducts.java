package org.loraspark.lora;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/** The two products of an adapted layer, with gradients of A and B; N rows of input. */
final class LoraProducts {
    private LoraProducts() {}

    /**
     * x Aᵀ for several modules of one input as one product: their A's {@code [rank, in]} lie below each other.
     *
     * @param x {@code [..., in]}
     * @param down {@code [sum of ranks, in]}
     * @return {@code [N, rank]} for each module
     */
    static List<Var> down(Var x, Var down, int... ranks) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        long all = down.dim(0);
        long in = down.dim(1);
        long rows = x.size() / in;
        Tensor product = engine.empty(rows, all);
        engine.gemm(x.value().reshape(rows, in), false, down.value(), true, product, 1, 0);
        List<Var> hidden = new ArrayList<>();
        long offset = 0;
        for (int rank : ranks) {
            Tensor own = product;
            if (rank < all) {
                own = engine.empty(rows, rank);
                engine.columns(product, offset, own, 0);
            }
            hidden.add(tape.output(own, x, down));
            offset += rank;
        }
        tape.record(
                hidden,
                dys -> {
                    Tensor dy = joined(engine, dys, rows, ranks);
                    Tensor x2 = x.value().reshape(rows, in);
                    tape.into(down, (dDown, beta) -> engine.gemm(dy, true, x2, false, dDown, 1, beta));
                    tape.into(
                            x,
                            (dx, beta) -> engine.gemm(dy, false, down.value(), false, dx.reshape(rows, in), 1, beta));
                },
                x);
        return hidden;
    }

    private static Tensor joined(Engine engine, List<Tensor> parts, long rows, int... ranks) {
        Tensor all = null;
        for (int i = 0; i < ranks.length; i++) {
            Tensor part = parts.get(i) == null ? engine.zeros(rows, ranks[i]) : parts.get(i);
            all = all == null ? part : engine.concat(all, part);
        }
        return all;
    }

    /**
     * y += scale * hidden Bᵀ in place.
     *
     * @param hidden {@code [N, rank]}
     * @param y {@code [..., out]}
     * @param up {@code [out, rank]}
     */
    static Var up(Var hidden, Var y, Var up, double scale) {
        Tape tape = y.tape();
        Engine engine = tape.engine();
        long[] rows = {hidden.dim(0), up.dim(0)};
        engine.gemm(hidden.value(), false, up.value(), true, y.value().reshape(rows), scale, 1);
        return tape.record(
                tape.outputIn(y, y.shape(), hidden, y, up),
                dy -> {
                    Tensor dy2 = dy.reshape(rows);
                    tape.into(up, (dUp, beta) -> engine.gemm(dy2, true, hidden.value(), false, dUp, scale, beta));
                    tape.into(
                            hidden,
                            (dHidden, beta) -> engine.gemm(dy2, false, up.value(), false, dHidden, scale, beta));
                    tape.move(y, dy);
                },
                hidden);
    }
}
