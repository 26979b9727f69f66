package org.loraspark.models.sd;

import org.loraspark.grad.Activations;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.LayerNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;

/** x += attn1(norm1 x); x += attn2(norm2 x, text); x += W₂ geglu(W₁ norm3 x), on {@code [batch, tokens, dim]}. */
final class BasicTransformerBlock {
    private static final double EPS = 1e-5;

    private final LayerNorm norm1;
    private final CrossAttention attn1;
    private final LayerNorm norm2;
    private final CrossAttention attn2;
    private final LayerNorm norm3;
    private final Linear feedForwardIn;
    private final Linear feedForwardOut;

    BasicTransformerBlock(Layers layers, String name, int dim, int contextDim, int heads) {
        this.norm1 = layers.layerNorm(name + ".norm1", dim, EPS);
        this.attn1 = new CrossAttention(layers, name + ".attn1", dim, dim, heads);
        this.norm2 = layers.layerNorm(name + ".norm2", dim, EPS);
        this.attn2 = new CrossAttention(layers, name + ".attn2", dim, contextDim, heads);
        this.norm3 = layers.layerNorm(name + ".norm3", dim, EPS);
        this.feedForwardIn = layers.linear(name + ".ff.net.0.proj", dim, 8L * dim);
        this.feedForwardOut = layers.linear(name + ".ff.net.2", 4L * dim, dim);
    }

    Var forward(Pass pass, Var input, Var text) {
        Tape tape = pass.tape();
        Var x = tape.block(() -> attn1.addTo(input, pass, norm1.forward(input)));
        Var y = tape.block(() -> attn2.addTo(x, pass, norm2.forward(x), text));
        return tape.block(() -> {
            Var hidden = Activations.geglu(feedForwardIn.forward(pass, norm3.forward(y)));
            return feedForwardOut.addTo(y, pass, hidden);
        });
    }
}
