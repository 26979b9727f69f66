package org.loraspark.models.sd;

import org.loraspark.grad.Arithmetic;
import org.loraspark.grad.Var;
import org.loraspark.nn.GroupNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;

/** x + proj_out(block(proj_in(norm x), text)), pixels as tokens. */
final class Transformer2D {
    private static final double EPS = 1e-6;

    private final GroupNorm norm;
    private final Linear projIn;
    private final BasicTransformerBlock block;
    private final Linear projOut;

    Transformer2D(Layers layers, String name, int channels, int heads, UNetConfig config) {
        this.norm = layers.groupNorm(name + ".norm", config.normNumGroups(), channels, EPS);
        this.projIn = projection(layers, name + ".proj_in", channels, config);
        this.block = new BasicTransformerBlock(
                layers, name + ".transformer_blocks.0", channels, config.crossAttentionDim(), heads);
        this.projOut = projection(layers, name + ".proj_out", channels, config);
    }

    private static Linear projection(Layers layers, String name, int channels, UNetConfig config) {
        return config.linearProjection()
                ? layers.linear(name, channels, channels)
                : layers.conv1x1(name, channels, channels);
    }

    /**
     * @param x {@code [batch, height, width, channels]}
     * @param text {@code [batch, tokens, contextDim]}
     */
    Var forward(Pass pass, Var x, Var text) {
        long[] tokens = {x.dim(0), x.dim(1) * x.dim(2), x.dim(3)};
        Var start = pass.tape().block(() -> projIn.forward(pass, Arithmetic.reshape(norm.forward(x), tokens)));
        Var h = block.forward(pass, start, text);
        return Arithmetic.reshape(projOut.addTo(Arithmetic.reshape(x, tokens), pass, h), x.shape());
    }
}
