package org.loraspark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The known keys with their defaults and explanations, as {@code defaults.conf} has them, in its order. */
public final class ConfigReference {
    private static final String RESOURCE = "org/loraspark/config/defaults.conf";

    private ConfigReference() {}

    /** @param standard the default as HOCON, an expression where it depends on another key */
    public record Key(String name, String standard, String explanation) {}

    public static List<Key> list() {
        List<LocatedKey> located = new ArrayList<>();
        collect(defaults().root(), "", located);
        return located.stream()
                .sorted(Comparator.comparingInt(LocatedKey::line))
                .map(LocatedKey::key)
                .toList();
    }

    /** The table of the README. */
    public static String markdownTable() {
        StringBuilder table = new StringBuilder("| key | default | meaning |\n|---|---|---|\n");
        for (Key key : list()) {
            table.append("| `%s` | `%s` | %s |%n".formatted(key.name(), key.standard(), key.explanation()));
        }
        return table.toString();
    }

    static Config defaults() {
        return ConfigFactory.parseResources(
                ConfigReference.class.getClassLoader(),
                RESOURCE,
                ConfigParseOptions.defaults().setAllowMissing(false).setOriginDescription("default"));
    }

    static Set<String> keys() {
        Set<String> names = new LinkedHashSet<>();
        list().forEach(key -> names.add(key.name()));
        return names;
    }

    private static void collect(ConfigObject object, String prefix, List<LocatedKey> into) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String name = prefix + entry.getKey();
            ConfigValue value = entry.getValue();
            if (value instanceof ConfigObject child) {
                collect(child, name + ".", into);
            } else {
                String explanation = String.join(" ", value.origin().comments()).strip();
                String standard = value.render(ConfigRenderOptions.concise());
                into.add(new LocatedKey(value.origin().lineNumber(), new Key(name, standard, explanation)));
            }
        }
    }

    private record LocatedKey(int line, Key key) {}
}
