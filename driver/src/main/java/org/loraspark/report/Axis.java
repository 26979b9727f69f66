package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;

/** A straight axis from round number to round number, with a tick at each. */
record Axis(double from, double to, double step) {
    /** Ticks at 1, 2 or 5 times a power of ten, about as many as asked for, around all the values. */
    static Axis around(double low, double high, int ticks) {
        if (high - low < 1e-12 * Math.max(1, Math.abs(high))) {
            double pad = high == 0 ? 1 : Math.abs(high) * 0.1;
            return around(low - pad, high + pad, ticks);
        }
        double rough = (high - low) / ticks;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = power;
        for (double nice : new double[] {2, 5, 10}) {
            if (step < rough) {
                step = nice * power;
            }
        }
        return new Axis(Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step);
    }

    /** From 0 or 1 to the last, ticks at whole numbers. */
    static Axis whole(double low, double high, int ticks) {
        double step = Math.max(1, around(low, Math.max(high, low + 1), ticks).step());
        return new Axis(low, Math.max(high, low + 1), step);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        long last = Math.round(Math.floor(to / step + 1e-9));
        for (long i = Math.round(Math.ceil(from / step - 1e-9)); i <= last; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** Where a value lies, 0 to 100. */
    double at(double value) {
        return Math.round(1e4 * (value - from) / (to - from)) / 100.0;
    }

    /** A tick's number, with the decimals that tell the ticks apart. */
    String label(double tick) {
        int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        return decimals > 4 ? Figures.rate(tick) : Figures.decimal(tick, decimals);
    }
}
