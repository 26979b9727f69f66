package org.loraspark.benchmark;

/** A side that is asked for one picture on its own, where its steps have several; its owner closes it. */
record PictureAlone(StepProcess process) implements Side {
    @Override
    public double step() {
        process.order("alone");
        return process.stepDone();
    }

    @Override
    public long peak() {
        return process.peak();
    }

    @Override
    public void close() {
        // The side with whole steps does.
    }
}
