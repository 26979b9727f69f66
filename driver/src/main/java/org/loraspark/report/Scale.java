package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;

/** Where numbers lie on an axis with round ticks, which is logarithmic when they span more than a power of ten. */
record Scale(double from, double to, List<Double> marks, DoubleUnaryOperator place, DoubleFunction<String> label) {
    private static final double LOGARITHMIC = 10;
    private static final int TICKS = 4;
    private static final int MOST_TICKS = 6;
    /** Of a logarithmic axis beyond its last values. */
    private static final double MARGIN = 0.03;

    static Scale around(double low, double high) {
        return low > 0 && high / low >= LOGARITHMIC ? logarithmic(low, high) : linear(low, high);
    }

    private static Scale linear(double low, double high) {
        Axis axis = Axis.around(low, high, TICKS);
        return new Scale(axis.from(), axis.to(), axis.ticks(), value -> value, axis::label);
    }

    /** Ticks at 1, 2 and 5 times the powers of ten, or at the powers alone where those would be too many. */
    private static Scale logarithmic(double low, double high) {
        double margin = MARGIN * (Math.log10(high) - Math.log10(low));
        double from = Math.log10(low) - margin;
        double to = Math.log10(high) + margin;
        List<Double> marks = marks(from, to, new int[] {1, 2, 5}, 1);
        for (int apart = 1; marks.size() > MOST_TICKS; apart++) {
            marks = marks(from, to, new int[] {1}, apart);
        }
        return new Scale(from, to, marks, Math::log10, Figures::rate);
    }

    private static List<Double> marks(double from, double to, int[] digits, int apart) {
        List<Double> marks = new ArrayList<>();
        for (int power = (int) Math.floor(from); power <= to; power++) {
            for (int digit : digits) {
                double mark = digit * Math.pow(10, power);
                if (Math.log10(mark) >= from && Math.log10(mark) <= to && Math.floorMod(power, apart) == 0) {
                    marks.add(mark);
                }
            }
        }
        return marks;
    }

    /** 0 to 100. */
    double at(double value) {
        return Math.round(1e4 * (place.applyAsDouble(value) - from) / (to - from)) / 100.0;
    }

    List<Chart.Tick> ticks() {
        return marks.stream()
                .map(mark -> new Chart.Tick(at(mark), label.apply(mark)))
                .toList();
    }
}
