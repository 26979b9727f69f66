package org.loraspark.grad;

import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/** Scaled dot-product attention (Vaswani et al. 2017, equation 1) in several heads. */
public final class Attentions {
    private Attentions() {}

    /**
     * softmax(q kᵀ / sqrt(dim / heads)) v in each head.
     *
     * @param q {@code [batch, queries, dim]}
     * @param k {@code [batch, keys, dim]}
     * @param v {@code [batch, keys, dim]}
     */
    public static Var attention(Var q, Var k, Var v, int heads, boolean causal) {
        Tape tape = q.tape();
        Engine engine = tape.engine();
        AttentionResult made = engine.attention(q.value(), k.value(), v.value(), heads, causal);
        Var y = tape.output(made.output(), q, k, v);
        Var stats = tape.output(made.stats());
        return tape.record(
                y,
                dy -> {
                    Tensor dq = engine.empty(q.shape());
                    Tensor dk = engine.empty(k.shape());
                    Tensor dv = engine.empty(v.shape());
                    AttentionResult forward = new AttentionResult(y.value(), stats.value());
                    engine.attentionBackward(dy, q.value(), k.value(), v.value(), forward, heads, causal, dq, dk, dv);
                    tape.give(q, dq);
                    tape.give(k, dk);
                    tape.give(v, dv);
                },
                q,
                k,
                v,
                y,
                stats);
    }
}
