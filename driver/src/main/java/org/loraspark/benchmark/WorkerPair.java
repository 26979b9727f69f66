package org.loraspark.benchmark;

/** Two workers that step at the same time; a step is a picture of each, so it counts half of what both took. */
record WorkerPair(StepProcess first, StepProcess second) implements Side {
    @Override
    public double step() {
        first.ready();
        second.ready();
        long started = System.nanoTime();
        first.order("step");
        second.order("step");
        first.stepDone();
        second.stepDone();
        return (System.nanoTime() - started) / 1e9 / 2;
    }

    @Override
    public long peak() {
        return Math.max(first.peak(), second.peak());
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
