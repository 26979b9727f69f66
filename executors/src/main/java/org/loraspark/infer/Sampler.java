package org.loraspark.infer;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.loraspark.UserError;
import org.loraspark.models.sd.NoiseSchedule;

/** Turns noise into a latent, one model evaluation a step. Made for one picture size and one number of steps. */
public interface Sampler {
    /** Timesteps at which the model is evaluated, descending; may lie between two of the training schedule's. */
    double[] timesteps();

    /** Deviation of the noise that step 0 starts from; 1 where latents keep the variance of the training schedule. */
    default double initialSigma() {
        return 1;
    }

    /** Factor on the latent before the model sees it at step {@code i}; 1 in the same case. */
    default double inputScale(int i) {
        return 1;
    }

    /**
     * One step.
     *
     * @param i from 0
     * @param x the latent; not changed
     * @param epsilon the noise that the model sees in it, of the same size
     * @param noise fresh Gaussian noise of the same size, which only ancestral samplers ask for
     * @return the next latent
     */
    float[] step(int i, float[] x, float[] epsilon, NoiseSource noise);

    /** Gaussian noise for step {@code i}, of unit deviation. */
    @FunctionalInterface
    interface NoiseSource {
        float[] noise(int i);
    }

    /** The samplers by the names of the config and of the command line. */
    enum Kind {
        DDIM("ddim", "DDIM"),
        EULER_A("euler_a", "Euler a"),
        DPMPP_2M("dpmpp_2m", "DPM++ 2M");

        private final String configName;
        private final String title;

        Kind(String configName, String title) {
            this.configName = configName;
            this.title = title;
        }

        public String configName() {
            return configName;
        }

        /** Its name in web user interfaces. */
        public String title() {
            return title;
        }

        /** @throws UserError for an unknown name, with the known ones */
        public static Kind named(String name) {
            String key = name.toLowerCase(Locale.ROOT)
                    .replace("++", "pp")
                    .replace("euler a", "euler_a")
                    .replaceAll("[ -]", "_");
            return Arrays.stream(values())
                    .filter(k -> k.configName.equals(key))
                    .findFirst()
                    .orElseThrow(() -> new UserError("unknown sampler '" + name + "'; known: "
                            + Arrays.stream(values()).map(Kind::configName).collect(Collectors.joining(", "))));
        }

        public Sampler create(NoiseSchedule schedule, int steps) {
            return switch (this) {
                case DDIM -> new DdimSampler(schedule, steps);
                case EULER_A -> new EulerAncestralSampler(schedule, steps);
                case DPMPP_2M -> new DpmSolverPlusPlus2mSampler(schedule, steps);
            };
        }
    }
}
