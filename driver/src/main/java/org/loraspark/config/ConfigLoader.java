package org.loraspark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.loraspark.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a run's config: {@code --set} over the file over {@code defaults.conf}. The file is HOCON, or the flat YAML of
 * lora-scripts when its name ends in {@code .yaml} or {@code .yml} (see {@link YamlDialect}).
 */
public final class ConfigLoader {
    private static final Logger log = LoggerFactory.getLogger(ConfigLoader.class);

    private ConfigLoader() {}

    /**
     * @param path any Hadoop path
     * @param overrides {@code key=value} each, the last one of a key wins
     * @throws UserError in one sentence, for anything wrong in file or overrides
     */
    public static TrainConfig load(String path, List<String> overrides) {
        return load(path, overrides, Map.of());
    }

    /** @param over values that win over all others, by key; a sweep's {@code --over} */
    public static TrainConfig load(String path, List<String> overrides, Map<String, String> over) {
        String lower = path.toLowerCase(Locale.ROOT);
        boolean yaml = lower.endsWith(".yaml") || lower.endsWith(".yml");
        String text = ConfigFile.read(path);
        Config user = yaml ? YamlDialect.toConfig(text, path) : hocon(text, path);
        for (String override : overrides) {
            user = override("--set", override).withFallback(user);
        }
        for (Map.Entry<String, String> value : over.entrySet()) {
            user = override("--over", value.getKey() + "=" + value.getValue()).withFallback(user);
        }
        return read(user);
    }

    private static TrainConfig read(Config user) {
        Config merged;
        try {
            merged = user.withFallback(ConfigReference.defaults()).resolve();
        } catch (ConfigException e) {
            throw new UserError("cannot resolve the config: " + oneLine(e), e);
        }
        refuseUnknown(merged.root(), "", ConfigReference.keys());
        TrainConfig config = new ConfigMapping(new ConfigReader(merged)).read();
        if (config.train().learningRate() >= 0.1) {
            log.warn(
                    "train.learning-rate = {} is very high for {}; 1e-4 is usual",
                    config.train().learningRate(),
                    config.train().optimizer());
        }
        return config;
    }

    private static Config hocon(String text, String path) {
        try {
            return ConfigFactory.parseString(text, HoconIncludes.options(path));
        } catch (ConfigException e) {
            throw new UserError(path + " is not valid HOCON: " + oneLine(e), e);
        }
    }

    /** A value that opens with a bracket, a brace or a quote is HOCON; anything else is plain text as typed. */
    private static Config override(String option, String override) {
        int equals = override.indexOf('=');
        String key = equals < 0 ? override : override.substring(0, equals).strip();
        if (equals < 0 || key.isEmpty()) {
            throw new UserError(
                    option + " " + override + " must have the form key=value, such as " + option + " lora.rank=8");
        }
        String text = override.substring(equals + 1).strip();
        String origin = option + " " + key;
        try {
            if (text.startsWith("[") || text.startsWith("{") || text.startsWith("\"")) {
                return ConfigFactory.parseString(
                        key + " = " + text, ConfigParseOptions.defaults().setOriginDescription(option));
            }
            ConfigValue value = ConfigValueFactory.fromAnyRef(text, origin);
            return ConfigFactory.empty(origin).withValue(key, value);
        } catch (ConfigException e) {
            throw new UserError(option + " " + override + " is not valid: " + oneLine(e), e);
        }
    }

    private static void refuseUnknown(ConfigObject object, String prefix, Set<String> known) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String key = prefix + ConfigUtil.joinPath(entry.getKey());
            if (known.contains(key)) {
                continue;
            }
            boolean section = known.stream().anyMatch(k -> k.startsWith(key + "."));
            if (section && entry.getValue() instanceof ConfigObject child) {
                refuseUnknown(child, key + ".", known);
            } else if (section) {
                throw new UserError(
                        key + " (" + Origins.describe(entry.getValue().origin())
                                + ") is a section of keys, such as "
                                + known.stream()
                                        .filter(k -> k.startsWith(key + "."))
                                        .findFirst()
                                        .orElseThrow()
                                + ", not a value");
            } else {
                String full = entry.getValue() instanceof ConfigObject child && !child.isEmpty()
                        ? key + "." + child.keySet().iterator().next()
                        : key;
                throw new UserError("unknown key " + full + " ("
                        + Origins.describe(entry.getValue().origin()) + "); did you mean " + NearestWord.of(full, known)
                        + "?");
            }
        }
    }

    private static String oneLine(ConfigException e) {
        return e.getMessage().replaceAll("\\s+", " ").strip();
    }
}
