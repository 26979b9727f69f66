package org.loraspark.models.sd;

import java.util.List;
import org.loraspark.grad.Attentions;
import org.loraspark.grad.Var;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;

/** Queries from x, keys and values from a context or from x itself, in several heads. */
final class CrossAttention {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final int heads;

    CrossAttention(Layers layers, String name, int dim, int contextDim, int heads) {
        this.query = layers.linearWithoutBias(name + ".to_q", dim, dim);
        this.key = layers.linearWithoutBias(name + ".to_k", contextDim, dim);
        this.value = layers.linearWithoutBias(name + ".to_v", contextDim, dim);
        this.out = layers.linear(name + ".to_out.0", dim, dim);
        this.heads = heads;
    }

    /**
     * residual + attention.
     *
     * @param residual {@code [batch, tokens, dim]}
     * @param x {@code [batch, tokens, dim]}
     * @param context {@code [batch, contextTokens, contextDim]}
     */
    Var addTo(Var residual, Pass pass, Var x, Var context) {
        Var q = query.forward(pass, x);
        List<Var> kv = Linear.forward(pass, context, key, value);
        return attend(residual, pass, q, kv.get(0), kv.get(1));
    }

    /** residual + self-attention. */
    Var addTo(Var residual, Pass pass, Var x) {
        List<Var> qkv = Linear.forward(pass, x, query, key, value);
        return attend(residual, pass, qkv.get(0), qkv.get(1), qkv.get(2));
    }

    private Var attend(Var residual, Pass pass, Var q, Var k, Var v) {
        return out.addTo(residual, pass, Attentions.attention(q, k, v, heads, false));
    }
}
