package org.loraspark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.function.DoublePredicate;
import org.loraspark.UserError;

/**
 * Typed access to a merged config. Every refusal is one sentence: key, value, where it was read, what is allowed. Text
 * is converted where it reads as the wanted type, since {@code --set} has no types.
 */
final class ConfigReader {
    private final Config config;

    ConfigReader(Config config) {
        this.config = config;
    }

    String text(String key) {
        ConfigValue value = value(key);
        if (value.valueType() == ConfigValueType.LIST || value.valueType() == ConfigValueType.OBJECT) {
            throw bad(key, "one text");
        }
        return String.valueOf(value.unwrapped());
    }

    String requiredText(String key, String what) {
        String text = text(key);
        if (text.isBlank()) {
            throw new UserError(
                    key + " is not set; it names " + what + " (in the config file, or --set " + key + "=...)");
        }
        return text;
    }

    /** A path, with a leading ~ replaced by the user's home folder. */
    String path(String key) {
        return expandHome(text(key).strip());
    }

    String requiredPath(String key, String what) {
        return expandHome(requiredText(key, what).strip());
    }

    String oneOf(String key, List<String> allowed) {
        String text = text(key).toLowerCase(Locale.ROOT);
        if (!allowed.contains(text)) {
            throw bad(key, "one of " + String.join(", ", allowed));
        }
        return text;
    }

    boolean flag(String key) {
        return switch (text(key).toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw bad(key, "true or false");
        };
    }

    int integer(String key, int min, int max) {
        return Math.toIntExact(longInteger(key, min, max));
    }

    long longInteger(String key, long min, long max) {
        String allowed = max == Integer.MAX_VALUE || max == Long.MAX_VALUE
                ? "a whole number of at least " + min
                : "a whole number from " + min + " to " + max;
        return toWhole(key, text(key), min, max, allowed);
    }

    double number(String key, DoublePredicate range, String allowed) {
        double number = toNumber(key, text(key), allowed);
        if (!Double.isFinite(number) || !range.test(number)) {
            throw bad(key, allowed);
        }
        return number;
    }

    /** A list; one text alone is a list of one. */
    List<String> texts(String key) {
        ConfigValue value = value(key);
        if (value.unwrapped() instanceof List<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        String text = text(key);
        return text.isBlank() ? List.of() : List.of(text);
    }

    /** One number for a square, or width and height as {@code [w, h]}, {@code w,h} or {@code wxh}. */
    Resolution resolution(String key) {
        String allowed = "one number or [width, height], multiples of 8";
        List<String> parts = value(key).unwrapped() instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of(text(key).strip().split("\\s*[,xX]\\s*"));
        if (parts.isEmpty() || parts.size() > 2) {
            throw bad(key, allowed);
        }
        int width = multipleOf8(key, parts.get(0), allowed);
        int height = multipleOf8(key, parts.get(parts.size() - 1), allowed);
        return new Resolution(width, height);
    }

    /** A multiple of 8, or 0 for {@code whenZero}. */
    int size(String key, int whenZero) {
        String text = text(key);
        return text.equals("0") ? whenZero : multipleOf8(key, text, "a multiple of 8 from 64 to 4096, or 0");
    }

    UserError bad(String key, String allowed) {
        ConfigValue value = value(key);
        return new UserError(
                key + " = " + shown(value) + " (" + Origins.describe(value.origin()) + ") must be " + allowed);
    }

    String origin(String key) {
        return Origins.describe(value(key).origin());
    }

    private int multipleOf8(String key, String text, String allowed) {
        int pixels = (int) toWhole(key, text, 64, 4096, "from 64 to 4096 pixels, " + allowed);
        if (pixels % 8 != 0) {
            int below = pixels / 8 * 8;
            throw bad(key, "a multiple of 8: the nearest to " + pixels + " are " + below + " and " + (below + 8));
        }
        return pixels;
    }

    private long toWhole(String key, String text, long min, long max, String allowed) {
        try {
            long whole = new BigDecimal(text.strip()).longValueExact();
            if (whole < min || whole > max) {
                throw bad(key, allowed);
            }
            return whole;
        } catch (ArithmeticException | NumberFormatException e) {
            throw bad(key, allowed);
        }
    }

    private double toNumber(String key, String text, String allowed) {
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw bad(key, allowed);
        }
    }

    private ConfigValue value(String key) {
        if (!config.hasPathOrNull(key)) {
            throw new IllegalStateException("no default for " + key);
        }
        if (config.getIsNull(key)) {
            throw new UserError(key + " has no value; give it one, or leave the line out to get the default");
        }
        return config.getValue(key);
    }

    /** As the user typed it; quotes only where the text would get lost in the sentence. */
    private static String shown(ConfigValue value) {
        String text = String.valueOf(value.unwrapped());
        boolean plain = value.valueType() == ConfigValueType.STRING && text.matches("\\S+");
        return plain ? text : value.render(ConfigRenderOptions.concise());
    }

    private static String expandHome(String path) {
        return path.equals("~") || path.startsWith("~/") ? System.getProperty("user.home") + path.substring(1) : path;
    }
}
