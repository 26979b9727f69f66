package org.loraspark.report;

import java.util.Locale;

/** Numbers as the pages write them. */
final class Figures {
    private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB"};

    private Figures() {}

    /** Four decimals, or two significant digits where these would say nothing. */
    static String loss(double loss) {
        return Math.abs(loss) < 1e-3 && loss != 0
                ? String.format(Locale.ROOT, "%.1e", loss)
                : String.format(Locale.ROOT, "%.4f", loss);
    }

    /** As a config has it: {@code 5e-3}, {@code 0.0012}. */
    static String rate(double rate) {
        if (rate == 0) {
            return "0";
        }
        int exponent = (int) Math.floor(Math.log10(Math.abs(rate)) + 1e-12);
        String digits = trimmed(String.format(Locale.ROOT, "%.2f", rate / Math.pow(10, exponent)));
        return exponent < -2 || exponent > 3
                ? digits + "e" + exponent
                : trimmed(String.format(Locale.ROOT, "%.4f", rate));
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit > 0 && value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
    }

    /** A change from one value to another: {@code −40 %}. */
    static String change(double from, double to) {
        double percent = 100 * (to / from - 1);
        String digits = String.format(Locale.ROOT, Math.abs(percent) < 1 ? "%.1f" : "%.0f", Math.abs(percent));
        return (percent < 0 ? "−" : "+") + digits + "\u00a0%";
    }

    static String percent(double share) {
        double percent = 100 * share;
        return percent > 0 && percent < 1 ? "<\u00a01\u00a0%" : String.format(Locale.ROOT, "%.0f\u00a0%%", percent);
    }

    static String decimal(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    static String trimmed(String decimal) {
        return decimal.contains(".") ? decimal.replaceAll("0+$", "").replaceAll("\\.$", "") : decimal;
    }
}
