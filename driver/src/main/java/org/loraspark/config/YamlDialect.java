package org.loraspark.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.UserError;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The flat YAML that lora-scripts users have, read as the same config. Values stay text, and each keeps its line, so
 * that messages about them are those of a HOCON file. A key without a value counts as not written.
 */
final class YamlDialect {
    /** YAML key to config key. {@code fp16} is the one whose value changes too. */
    static final Map<String, String> KEYS = keys();

    private static final String FP16 = "fp16";

    private YamlDialect() {}

    static Config toConfig(String text, String path) {
        Node root = compose(text, path);
        if (root == null) {
            return ConfigFactory.empty(path);
        }
        if (!(root instanceof MappingNode mapping)) {
            throw new UserError(path + " is not a list of \"key: value\" lines, as a YAML config must be");
        }
        Config config = ConfigFactory.empty(path);
        Map<String, String> seen = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            int line = line(tuple.getKeyNode());
            String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
            String target = KEYS.get(key);
            if (target == null) {
                throw new UserError("unknown key " + key + " (" + path + ":" + line + "); did you mean "
                        + NearestWord.of(key, KEYS.keySet()) + "?");
            }
            if (isEmpty(tuple.getValueNode())) {
                continue;
            }
            String earlier = seen.put(target, key);
            if (earlier != null) {
                throw new UserError(key + " (" + path + ":" + line + ") says again what " + earlier
                        + " has said; keep one of them");
            }
            Object value = value(tuple.getValueNode(), key, path);
            if (key.equals(FP16)) {
                value = precision(String.valueOf(value), path, line);
            }
            ConfigValue located = ConfigValueFactory.fromAnyRef(value)
                    .withOrigin(ConfigOriginFactory.newSimple(path + ", " + key).withLineNumber(line));
            config = config.withValue(target, located);
        }
        return config;
    }

    private static Node compose(String text, String path) {
        try {
            LoadSettings settings = LoadSettings.builder().setLabel(path).build();
            return new Compose(settings).composeString(text).orElse(null);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            throw new UserError(path + ":" + line + " is not valid YAML: " + e.getProblem(), e);
        } catch (YamlEngineException e) {
            throw new UserError(
                    path + " is not valid YAML: "
                            + String.valueOf(e.getMessage()).replaceAll("\\s+", " "),
                    e);
        }
    }

    private static Object value(Node node, String key, String path) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        if (node instanceof SequenceNode sequence) {
            List<Object> items = new ArrayList<>();
            sequence.getValue().forEach(item -> items.add(value(item, key, path)));
            return items;
        }
        throw new UserError(key + " (" + path + ":" + line(node) + ") must be one value or a list");
    }

    private static String precision(String fp16, String path, int line) {
        return switch (fp16.toLowerCase(java.util.Locale.ROOT)) {
            case "true", "yes", "on" -> "fp16";
            case "false", "no", "off" -> "fp32";
            default -> throw new UserError("fp16 = \"" + fp16 + "\" (" + path + ":" + line + ") must be true or false");
        };
    }

    private static boolean isEmpty(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    private static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("train_data_dir", "data.dir");
        keys.put("metadata_path", "data.captions");
        keys.put("resolution", "data.resolution");
        keys.put("validation_split", "data.validation-split");
        keys.put("shuffle_caption", "data.shuffle-captions");
        keys.put("keep_tokens", "data.keep-tokens");
        keys.put("caption_dropout_rate", "data.caption-dropout");
        keys.put("flip_aug", "data.flip");
        keys.put("base_model", "model.base");
        keys.put("clip_skip", "model.clip-skip");
        keys.put("lora_rank", "lora.rank");
        keys.put("lora_alpha", "lora.alpha");
        keys.put("dropout", "lora.dropout");
        keys.put("train_text_encoder", "lora.text-encoder");
        keys.put("batch_size", "train.batch-size");
        keys.put("epochs", "train.epochs");
        keys.put("max_train_steps", "train.max-steps");
        keys.put("learning_rate", "train.learning-rate");
        keys.put("text_encoder_lr", "train.text-encoder-learning-rate");
        keys.put("lr_scheduler", "train.lr-scheduler");
        keys.put("lr_warmup_steps", "train.warmup-steps");
        keys.put("weight_decay", "train.weight-decay");
        keys.put("max_grad_norm", "train.max-grad-norm");
        keys.put("gradient_accumulation_steps", "train.gradient-accumulation-steps");
        keys.put("gradient_checkpointing", "train.gradient-checkpointing");
        keys.put(FP16, "train.precision");
        keys.put("seed", "train.seed");
        keys.put("resume_from_checkpoint", "train.resume-from");
        keys.put("workers", "cluster.workers");
        keys.put("output_dir", "output.dir");
        keys.put("output_name", "output.name");
        keys.put("save_steps", "output.save-steps");
        keys.put("sample_prompts", "preview.prompts");
        return keys;
    }
}
