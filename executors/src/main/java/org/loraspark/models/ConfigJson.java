package org.loraspark.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Storage;

/** A {@code config.json}, or an object inside it, whose every value is checked as it is taken. */
public final class ConfigJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String path;
    private final String prefix;
    private final JsonNode root;

    private ConfigJson(String path, String prefix, JsonNode root) {
        this.path = path;
        this.prefix = prefix;
        this.root = root;
    }

    public static ConfigJson read(Path path, Configuration conf) {
        try (InputStream in = Storage.fileSystem(path, conf).open(path)) {
            return new ConfigJson(path.toString(), "", MAPPER.readTree(in));
        } catch (JsonProcessingException e) {
            throw new UserError(path + " is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot read " + path + "; a model folder holds it", e);
        }
    }

    /** What a missing file says: nothing. */
    public static ConfigJson empty(String path) {
        return new ConfigJson(path, "", MAPPER.createObjectNode());
    }

    public boolean isObject(String key) {
        return root.path(key).isObject();
    }

    /** An object inside this one; empty when the key is missing. */
    public ConfigJson object(String key) {
        return new ConfigJson(path, prefix + key + ".", root.path(key));
    }

    public int integer(String key) {
        JsonNode node = root.path(key);
        if (!node.isIntegralNumber()) {
            throw wrong(key, "a whole number is needed");
        }
        return node.intValue();
    }

    public int integer(String key, int missing) {
        return isMissing(key) ? missing : integer(key);
    }

    public double number(String key, double missing) {
        if (isMissing(key)) {
            return missing;
        }
        if (!root.path(key).isNumber()) {
            throw wrong(key, "a number is needed");
        }
        return root.path(key).doubleValue();
    }

    /** As many numbers as {@code missing} has. */
    public double[] numbers(String key, double... missing) {
        if (isMissing(key)) {
            return missing;
        }
        double[] values = new double[missing.length];
        if (root.path(key).size() != values.length) {
            throw wrong(key, "a list of " + values.length + " numbers is needed");
        }
        for (int i = 0; i < values.length; i++) {
            if (!root.path(key).get(i).isNumber()) {
                throw wrong(key, "a list of " + values.length + " numbers is needed");
            }
            values[i] = root.path(key).get(i).doubleValue();
        }
        return values;
    }

    public String text(String key, String missing) {
        return isMissing(key) ? missing : root.path(key).asText();
    }

    /** The first text of a list. */
    public String firstText(String key, String missing) {
        return root.path(key).path(0).asText(missing);
    }

    public boolean flag(String key, boolean missing) {
        return isMissing(key) ? missing : root.path(key).asBoolean();
    }

    public boolean isMissing(String key) {
        return root.path(key).isMissingNode() || root.path(key).isNull();
    }

    public List<Integer> integers(String key) {
        List<Integer> values = new ArrayList<>();
        root.path(key).forEach(node -> values.add(node.intValue()));
        if (values.isEmpty()) {
            throw wrong(key, "a list of whole numbers is needed");
        }
        return List.copyOf(values);
    }

    /** A list, or one number for each of {@code n} places. */
    public List<Integer> integersOrOne(String key, int n) {
        return root.path(key).isArray() ? integers(key) : Collections.nCopies(n, integer(key));
    }

    /** Whether each name of a list is {@code yes} (true) or {@code no} (false). */
    public List<Boolean> choices(String key, String yes, String no) {
        List<Boolean> values = new ArrayList<>();
        for (JsonNode node : root.path(key)) {
            if (!node.asText().equals(yes) && !node.asText().equals(no)) {
                throw wrong(key, yes + " or " + no + " is supported");
            }
            values.add(node.asText().equals(yes));
        }
        return List.copyOf(values);
    }

    /** Refuses every value of a key but one, which is also the meaning of a missing key. */
    public void only(String key, String supported) {
        if (!isMissing(key) && !root.path(key).asText().equals(supported)) {
            throw wrong(key, supported + " is supported");
        }
    }

    /** Refuses a key that switches something on which {@code model} does not have. */
    public void absent(String key, String model) {
        if (!isMissing(key)) {
            throw wrong(key, model + " has none");
        }
    }

    public UserError wrong(String key, String hint) {
        return new UserError(path + " has " + prefix + key + " = " + root.path(key) + ": " + hint);
    }
}
