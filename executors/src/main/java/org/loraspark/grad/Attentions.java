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
        AttentionResult y = engine.attention(q.value(), k.value(), v.value(), heads, causal);
        return tape.record(
                y.output(),
                dy -> {
                    Tensor dq = engine.empty(q.shape());
                    Tensor dk = engine.empty(k.shape());
                    Tensor dv = engine.empty(v.shape());
                    engine.attentionBackward(dy, q.value(), k.value(), v.value(), y, heads, causal, dq, dk, dv);
                    tape.give(q, dq);
                    tape.give(k, dk);
                    tape.give(v, dv);
                },
                q,
                k,
                v);
    }
}
