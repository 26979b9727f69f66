package org.loraspark.benchmark;

import org.loraspark.tensor.profile.KernelKind;
import org.loraspark.tensor.profile.Profile;
import org.loraspark.tensor.profile.ProfilingEngine;

/** One step to warm up, then a few whose kernels are counted. */
final class ProfiledTurns implements Turns {
    private static final int STEPS = 2;

    private final ProfilingEngine engine;
    private final boolean training;
    private int made;
    private Profile profile;

    /** @param training what a step ends with, after its last kernel, is the optimizer */
    ProfiledTurns(ProfilingEngine engine, boolean training) {
        this.engine = engine;
        this.training = training;
    }

    @Override
    public void await() {
        if (made == 1) {
            engine.restart();
        }
        if (made == 1 + STEPS) {
            profile = engine.profile().dividedBy(STEPS);
            throw new Over();
        }
    }

    @Override
    public void done() {
        if (training) {
            engine.sinceLastKernel(KernelKind.OPTIMIZER);
        }
        made++;
    }

    /** Of one step. */
    Profile profile() {
        return profile;
    }
}
