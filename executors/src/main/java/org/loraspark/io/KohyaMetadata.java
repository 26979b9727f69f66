package org.loraspark.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;

/**
 * The {@code ss_*} and {@code modelspec.*} entries of a kohya file, as Python prints them: what web user interfaces show
 * of an adapter (its words, its base model) and how they recognise Stable Diffusion 1. Every entry is optional; those
 * that tell the kind of model, rank and alpha are always written. Times are left out unless given, so that the same
 * training gives the same bytes.
 */
public final class KohyaMetadata {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, String> training = new TreeMap<>();
    private final Map<String, String> modelSpec = new TreeMap<>();
    private final Map<String, String> extra = new TreeMap<>();
    private final Map<String, Object> datasetDirs = new TreeMap<>();
    private final Map<String, Map<String, Integer>> tagFrequency = new TreeMap<>();

    /** The adapter's name, which prompts may use instead of the file's. */
    public KohyaMetadata outputName(String name) {
        modelSpec.put("modelspec.title", name);
        return ss("output_name", name);
    }

    public KohyaMetadata baseModel(String fileName) {
        return ss("sd_model_name", fileName);
    }

    public KohyaMetadata baseModelHash(ModelHash hash) {
        return ss("sd_model_hash", hash.legacy()).ss("new_sd_model_hash", hash.sha256());
    }

    /** @param textEncoder 0 when the text encoder is not trained */
    public KohyaMetadata learningRates(double unet, double textEncoder) {
        ss("learning_rate", PythonFloat.of(unet)).ss("unet_lr", PythonFloat.of(unet));
        return ss("text_encoder_lr", textEncoder == 0 ? "None" : PythonFloat.of(textEncoder));
    }

    /** @param done steps behind this file, at most {@code planned} */
    public KohyaMetadata steps(long done, long planned) {
        return ss("steps", done).ss("max_train_steps", planned);
    }

    /** @param done epochs behind this file, at most {@code planned} */
    public KohyaMetadata epochs(int done, int planned) {
        return ss("epoch", done).ss("num_epochs", planned);
    }

    /** @param total pictures of one optimizer step over all workers */
    public KohyaMetadata batch(int perDevice, int accumulation, int total) {
        return ss("batch_size_per_device", perDevice)
                .ss("gradient_accumulation_steps", accumulation)
                .ss("total_batch_size", total);
    }

    /** @param description {@code module.Class(k=v,...)} */
    public KohyaMetadata optimizer(String description, double maxGradNorm) {
        return ss("optimizer", description).ss("max_grad_norm", PythonFloat.of(maxGradNorm));
    }

    public KohyaMetadata scheduler(String name, long warmupSteps) {
        return ss("lr_scheduler", name).ss("lr_warmup_steps", warmupSteps);
    }

    public KohyaMetadata seed(long seed) {
        return ss("seed", seed);
    }

    /** @param precision {@code no}, {@code fp16} or {@code bf16} */
    public KohyaMetadata mixedPrecision(String precision) {
        return ss("mixed_precision", precision);
    }

    public KohyaMetadata networkDropout(double probability) {
        return ss("network_dropout", probability == 0 ? "None" : PythonFloat.of(probability));
    }

    /** @param layersFromTheEnd 1 is the last hidden layer */
    public KohyaMetadata clipSkip(int layersFromTheEnd) {
        modelSpec.put("modelspec.encoder_layer", Integer.toString(layersFromTheEnd));
        return ss("clip_skip", layersFromTheEnd);
    }

    public KohyaMetadata resolution(int width, int height) {
        modelSpec.put("modelspec.resolution", width + "x" + height);
        return ss("resolution", width + "," + height);
    }

    /** @param tags how often each word group occurs, see {@link #tagFrequency(Collection)} */
    public KohyaMetadata dataset(String folderName, int repeats, int pictures, Map<String, Integer> tags) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        counts.put("n_repeats", repeats);
        counts.put("img_count", pictures);
        datasetDirs.put(folderName, counts);
        tagFrequency.put(folderName, new TreeMap<>(tags));
        return this;
    }

    /** Captions cut at commas, stripped and in lower case, and counted. */
    public static Map<String, Integer> tagFrequency(Collection<String> captions) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String caption : captions) {
            for (String tag : caption.split(",")) {
                String word = tag.strip().toLowerCase(java.util.Locale.ROOT);
                if (!word.isEmpty()) {
                    counts.merge(word, 1, Integer::sum);
                }
            }
        }
        return counts;
    }

    public KohyaMetadata trainedBetween(Instant started, Instant finished) {
        modelSpec.put(
                "modelspec.date",
                DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                        finished.truncatedTo(ChronoUnit.SECONDS).atZone(ZoneId.systemDefault())));
        ss("training_started_at", PythonFloat.of(started.toEpochMilli() / 1000.0));
        return ss("training_finished_at", PythonFloat.of(finished.toEpochMilli() / 1000.0));
    }

    /** Any other entry; readers leave alone what they do not know. */
    public KohyaMetadata entry(String key, String value) {
        extra.put(key, value);
        return this;
    }

    private KohyaMetadata ss(String key, Object value) {
        training.put("ss_" + key, String.valueOf(value));
        return this;
    }

    /** All entries but the hashes of the content, in a fixed order. */
    Map<String, String> complete(LoraLayout layout) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("ss_v2", "False");
        all.put("ss_base_model_version", "sd_v1");
        all.put("ss_network_module", "networks.lora");
        all.put("ss_network_dim", only(layout.modules(), m -> Integer.toString(m.rank())));
        all.put("ss_network_alpha", only(layout.modules(), m -> PythonFloat.of(m.alpha())));
        all.putAll(training);
        if (!datasetDirs.isEmpty()) {
            all.put("ss_dataset_dirs", json(datasetDirs));
            Map<String, Object> frequent = new LinkedHashMap<>();
            tagFrequency.forEach((folder, tags) -> frequent.put(folder, mostFrequentFirst(tags)));
            all.put("ss_tag_frequency", json(frequent));
        }
        all.put("modelspec.sai_model_spec", "1.0.1");
        all.put("modelspec.architecture", "stable-diffusion-v1/lora");
        all.put("modelspec.implementation", "diffusers");
        all.put("modelspec.implementation_version", "lora-spark");
        all.put("modelspec.prediction_type", "epsilon");
        all.putAll(modelSpec);
        all.putAll(extra);
        return all;
    }

    /** The value that all modules share, else what kohya's tools write for it. */
    private static String only(List<LoraModule> modules, java.util.function.Function<LoraModule, String> of) {
        List<String> values = modules.stream().map(of).distinct().toList();
        return values.size() == 1 ? values.get(0) : "Dynamic";
    }

    private static Map<String, Integer> mostFrequentFirst(Map<String, Integer> tags) {
        return tags.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("maps of strings and numbers have a JSON form", e);
        }
    }
}
