package org.loraspark.models.sd;

import java.util.List;
import org.loraspark.grad.Arithmetic;
import org.loraspark.grad.Var;
import org.loraspark.nn.Conv2d;
import org.loraspark.nn.GroupNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.ConvShape;

/**
 * h = conv1(silu(norm1(x))) + W silu(time); y = shortcut(x) + conv2(silu(norm2(h))). The VAE's blocks have no time; the
 * shortcut is there only where the width changes.
 */
final class ResnetBlock {
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final List<Linear> timeProjection;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    private final List<Linear> shortcut;

    private ResnetBlock(
            Layers layers, String name, int in, int out, List<Linear> timeProjection, int groups, double eps) {
        this.norm1 = layers.groupNorm(name + ".norm1", groups, in, eps);
        this.conv1 = layers.conv2d(name + ".conv1", in, out, 3, ConvShape.same(3));
        this.timeProjection = timeProjection;
        this.norm2 = layers.groupNorm(name + ".norm2", groups, out, eps);
        this.conv2 = layers.conv2d(name + ".conv2", out, out, 3, ConvShape.same(3));
        this.shortcut = in == out ? List.of() : List.of(layers.conv1x1(name + ".conv_shortcut", in, out));
    }

    static ResnetBlock ofUNet(Layers layers, String name, int in, int out, int timeDim, int groups, double eps) {
        Linear time = layers.linear(name + ".time_emb_proj", timeDim, out);
        return new ResnetBlock(layers, name, in, out, List.of(time), groups, eps);
    }

    static ResnetBlock ofVae(Layers layers, String name, int in, int out, int groups, double eps) {
        return new ResnetBlock(layers, name, in, out, List.of(), groups, eps);
    }

    /**
     * @param x {@code [batch, height, width, in]}
     * @param time silu of the time embedding {@code [batch, timeDim]}
     * @return {@code [batch, height, width, out]}
     */
    Var forward(Pass pass, Var x, Var time) {
        Var hidden = pass.tape().block(() -> {
            Var h = conv1.forward(pass, norm1.silu(x));
            for (Linear projection : timeProjection) {
                h = Arithmetic.addPerSample(h, projection.forward(pass, time));
            }
            return h;
        });
        return finish(pass, x, hidden);
    }

    /** Without time. */
    Var forward(Pass pass, Var x) {
        return finish(pass, x, pass.tape().block(() -> conv1.forward(pass, norm1.silu(x))));
    }

    private Var finish(Pass pass, Var x, Var hidden) {
        return pass.tape().block(() -> {
            Var skip = x;
            for (Linear projection : shortcut) {
                skip = projection.forward(pass, x);
            }
            return conv2.addTo(skip, pass, norm2.silu(hidden));
        });
    }
}
