package org.loraspark.cluster.sweep;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.loraspark.UserError;
import org.loraspark.config.ConfigReference;
import org.loraspark.config.NearestWord;
import org.loraspark.tensor.AddressedRandom;

/**
 * A config key and the values that a sweep gives it: a list such as {@code lora.rank=4,8,16}, or a range to draw from such
 * as {@code lora.rank=4..64} or {@code train.learning-rate=1e-5..1e-3 log}.
 *
 * @param values as typed; empty for a range
 * @param range null for a list
 */
public record Axis(String key, List<String> values, Range range) {
    private static final String NUMBER = "([+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[eE][+-]?\\d+)?)";
    private static final Pattern RANGE = Pattern.compile(NUMBER + "\\s*\\.\\.\\s*" + NUMBER + "(\\s+log)?");
    private static final MathContext READABLE = new MathContext(3);

    /** @param log draw evenly between the logarithms of low and high */
    public record Range(BigDecimal low, BigDecimal high, boolean log) {}

    /**
     * @param over {@code key=v1,v2} or {@code key=low..high [log]}
     * @throws UserError for an unknown key, and for what is neither list nor range
     */
    public static Axis parse(String over) {
        int equals = over.indexOf('=');
        String key = equals < 0 ? over.strip() : over.substring(0, equals).strip();
        List<String> known =
                ConfigReference.list().stream().map(ConfigReference.Key::name).toList();
        if (!known.contains(key)) {
            throw new UserError("unknown key " + key + " (--over); did you mean " + NearestWord.of(key, known) + "?");
        }
        if (key.equals("output.dir")) {
            throw new UserError(
                    "--over output.dir is not possible: every run has a folder of its own below output.dir");
        }
        String text = equals < 0 ? "" : over.substring(equals + 1).strip();
        Matcher range = RANGE.matcher(text);
        if (range.matches()) {
            return new Axis(key, List.of(), range(over, range));
        }
        List<String> values = split(text);
        if (values.isEmpty() || values.stream().anyMatch(String::isEmpty)) {
            throw new UserError(
                    "--over " + over + " must have the form key=value,value or key=low..high, such as --over " + key
                            + "=" + example(key));
        }
        return new Axis(key, values.stream().distinct().toList(), null);
    }

    private static Range range(String over, Matcher range) {
        BigDecimal low = new BigDecimal(range.group(1));
        BigDecimal high = new BigDecimal(range.group(2));
        boolean log = range.group(3) != null;
        if (low.compareTo(high) >= 0) {
            throw new UserError("--over " + over + " must name the lower end of the range first");
        }
        if (log && low.signum() <= 0) {
            throw new UserError("--over " + over + " must begin above 0 to be drawn on a logarithmic scale");
        }
        return new Range(low, high, log);
    }

    private static String example(String key) {
        return key.equals("train.learning-rate") ? "1e-4,2e-4" : key.equals("lora.rank") ? "4,8,16" : "VALUE,VALUE";
    }

    /** At commas outside of brackets and quotes. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        int depth = 0;
        boolean quoted = false;
        for (char c : text.toCharArray()) {
            quoted ^= c == '"';
            depth += quoted ? 0 : c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
            if (c == ',' && depth == 0 && !quoted) {
                parts.add(part.toString().strip());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString().strip());
        return parts;
    }

    public boolean isRange() {
        return range != null;
    }

    /** A value that the config can be read with before any is drawn. */
    String first() {
        return isRange() ? range.low().toPlainString() : values.get(0);
    }

    /**
     * One value, each as likely as the others.
     *
     * @param whole draw whole numbers only
     */
    String draw(AddressedRandom random, boolean whole) {
        if (!isRange()) {
            return values.get(random.nextInt(values.size()));
        }
        // Whole numbers reach half a unit further, so that both ends are as likely as those between them.
        double margin = whole ? 0.5 : 0;
        double low = range.low().doubleValue() - margin;
        double high = range.high().doubleValue() + margin;
        double part = random.nextDouble();
        double drawn = range.log()
                ? StrictMath.exp(StrictMath.log(low) + part * (StrictMath.log(high) - StrictMath.log(low)))
                : low + part * (high - low);
        BigDecimal value = whole ? BigDecimal.valueOf(Math.round(drawn)) : new BigDecimal(drawn).round(READABLE);
        return value.max(range.low()).min(range.high()).stripTrailingZeros().toPlainString();
    }
}
