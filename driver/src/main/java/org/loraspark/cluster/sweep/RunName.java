package org.loraspark.cluster.sweep;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a run is called, from its values: {@code rank8-lr0.0002}. */
public final class RunName {
    private static final Map<String, String> SHORT = Map.of(
            "train.learning-rate", "lr",
            "train.text-encoder-learning-rate", "te-lr",
            "train.batch-size", "batch",
            "train.gradient-accumulation-steps", "accumulation",
            "train.lr-scheduler", "",
            "train.optimizer", "",
            "train.precision", "",
            "model.base", "",
            "data.dir", "",
            "output.name", "");
    private static final int LONGEST = 100;
    private static final int LONGEST_DECIMAL = 10;

    private RunName() {}

    /**
     * @param values of the keys that vary, typed
     * @param taken names that other runs have
     */
    public static String of(Map<String, Object> values, Set<String> taken) {
        List<String> parts = new ArrayList<>();
        values.forEach((key, value) -> parts.add(part(key, value)));
        String name = String.join("-", parts);
        name = name.length() > LONGEST ? name.substring(0, LONGEST) : name;
        String unique = name;
        for (int i = 2; taken.contains(unique); i++) {
            unique = name + "-" + i;
        }
        return unique;
    }

    private static String part(String key, Object value) {
        String label = SHORT.getOrDefault(key, key.substring(key.lastIndexOf('.') + 1));
        String text = text(value);
        boolean apart = !label.isEmpty() && !text.matches("[0-9.].*");
        return label + (apart ? "-" : "") + text;
    }

    private static String text(Object value) {
        if (value instanceof List<?> list) {
            String sign = list.stream().allMatch(Integer.class::isInstance) ? "x" : "+";
            return list.stream().map(RunName::text).collect(Collectors.joining(sign));
        }
        if (value instanceof Double number) {
            String plain = BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
            return plain.length() <= LONGEST_DECIMAL
                    ? plain
                    : String.valueOf(number).replace(".0E", "e").replace("E", "e");
        }
        String text = String.valueOf(value);
        String last = text.substring(text.replaceAll("/+$", "").lastIndexOf('/') + 1);
        return last.isBlank() ? "none" : last.replaceAll("[^A-Za-z0-9._+]+", "_");
    }
}
