package org.loraspark.models.sd;

import org.loraspark.grad.Activations;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;

/**
 * Sinusoids of the timestep through two layers. With half = dim / 2 and f_i = exp(-ln(10000) i / half) the sinusoids are
 * [cos(t f_0) … cos(t f_{half-1}), sin(t f_0) …]: cosines first.
 */
final class TimeEmbedding {
    private final int dim;
    private final Linear linear1;
    private final Linear linear2;

    TimeEmbedding(Layers layers, String name, int dim, int timeDim) {
        this.dim = dim;
        this.linear1 = layers.linear(name + ".linear_1", dim, timeDim);
        this.linear2 = layers.linear(name + ".linear_2", timeDim, timeDim);
    }

    /** @return {@code [batch, timeDim]} */
    Var forward(Pass pass, double[] timesteps) {
        Tape tape = pass.tape();
        Var sinusoids = tape.constant(tape.engine().upload(sinusoids(timesteps), timesteps.length, dim));
        return linear2.forward(pass, Activations.silu(linear1.forward(pass, sinusoids)));
    }

    private float[] sinusoids(double[] timesteps) {
        int half = dim / 2;
        float[] values = new float[timesteps.length * dim];
        for (int b = 0; b < timesteps.length; b++) {
            for (int i = 0; i < half; i++) {
                double angle = timesteps[b] * Math.exp(-Math.log(10000) * i / half);
                values[b * dim + i] = (float) Math.cos(angle);
                values[b * dim + half + i] = (float) Math.sin(angle);
            }
        }
        return values;
    }
}
