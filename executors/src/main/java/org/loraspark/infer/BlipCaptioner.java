package org.loraspark.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.data.WordPieceTokenizer;
import org.loraspark.grad.Tape;
import org.loraspark.models.blip.BlipConfig;
import org.loraspark.models.blip.BlipModel;
import org.loraspark.models.blip.DecoderMemory;
import org.loraspark.models.blip.PictureProcessor;
import org.loraspark.models.blip.TextDecoder;
import org.loraspark.models.blip.VisionTower;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;

/**
 * BLIP's sentence about each picture (Li et al. 2022). The pictures of one call are decoded together; one that has its
 * sentence leaves the rest.
 */
public final class BlipCaptioner implements Captioner {
    private final Engine engine;
    private final BlipOptions options;
    private final BlipConfig.Text config;
    private final PictureProcessor processor;
    private final VisionTower vision;
    private final TextDecoder decoder;
    private final WordPieceTokenizer tokenizer;
    private final int[] prompt;
    private final TokenRules rules;

    private BlipCaptioner(BlipModel model, WordPieceTokenizer tokenizer, Engine engine, BlipOptions options) {
        this.engine = engine;
        this.options = options;
        this.config = model.config().text();
        this.tokenizer = tokenizer;
        this.prompt = prompt(tokenizer, options.prompt());
        this.rules = new TokenRules(
                prompt.length, config.end(), options.minLength(), options.maxLength(), options.repetitionPenalty());
        requireFit(model.folder());
        this.processor = model.processor();
        this.vision = model.vision(engine);
        this.decoder = model.decoder(engine);
    }

    /**
     * Reads a Hugging Face folder.
     *
     * @param engine computes; it stays the caller's and is used by one call at a time
     * @throws UserError when the folder is no BLIP captioner, or the options do not fit it
     */
    public static BlipCaptioner open(Path folder, Configuration conf, Engine engine, BlipOptions options) {
        try (BlipModel model = BlipModel.open(folder, conf)) {
            WordPieceTokenizer tokenizer = WordPieceTokenizer.read(folder, conf);
            try {
                return new BlipCaptioner(model, tokenizer, engine, options);
            } catch (RuntimeException e) {
                tokenizer.close();
                throw e;
            }
        }
    }

    /**
     * The same model on another engine of the same kind, to be used at the same time as this one and no longer. It has
     * nothing to close.
     */
    public Captioner on(Engine other) {
        return new Captioner() {
            @Override
            public List<String> describe(List<CaptionRequest> pictures) {
                return BlipCaptioner.this.describe(pictures, other);
            }

            @Override
            public void close() {}
        };
    }

    /** The start and the prompt's tokens. */
    private int[] prompt(WordPieceTokenizer words, String text) {
        int[] ids = words.encode(text);
        int[] withStart = new int[1 + ids.length];
        withStart[0] = config.start();
        System.arraycopy(ids, 0, withStart, 1, ids.length);
        return withStart;
    }

    private void requireFit(Path folder) {
        int longest = prompt.length + options.maxLength();
        if (longest > config.maxPositions()) {
            throw new UserError("the model " + folder + " writes at most " + config.maxPositions()
                    + " tokens, prompt included; " + prompt.length + " of the prompt and " + options.maxLength()
                    + " of the caption are more, ask for shorter ones");
        }
        if (Arrays.stream(prompt).anyMatch(id -> id >= config.vocabSize())) {
            throw new UserError("the tokenizer in " + folder + " is not the model's: the prompt '" + options.prompt()
                    + "' has tokens beyond the " + config.vocabSize() + " that the model knows");
        }
        if (2 * options.beams() > config.vocabSize()) {
            throw new UserError("the model " + folder + " knows " + config.vocabSize() + " tokens, too few for "
                    + options.beams() + " beams");
        }
    }

    @Override
    public List<String> describe(List<CaptionRequest> pictures) {
        return describe(pictures, engine);
    }

    private List<String> describe(List<CaptionRequest> pictures, Engine on) {
        if (pictures.isEmpty()) {
            return List.of();
        }
        List<TokenSearch> searches = pictures.stream().map(this::search).toList();
        try (Tape tape = Tape.inference(on)) {
            Pass pass = Pass.plain(tape);
            List<float[]> pixels = pictures.parallelStream()
                    .map(p -> processor.pixels(p.picture()))
                    .toList();
            int tokens = pictures.size() * (prompt.length + options.beams() * (options.maxLength() - 1));
            DecoderMemory memory = decoder.look(pass, vision.forward(pass, pixels), tokens);
            decode(new ArrayList<>(searches), memory, on);
        }
        return searches.stream().map(search -> text(search.best())).toList();
    }

    private TokenSearch search(CaptionRequest picture) {
        if (options.beams() > 1) {
            return new BeamSearch(prompt, rules, options.beams());
        }
        SingleSearch.Choice choice = options.topP() == 0
                ? SingleSearch.Choice.GREEDY
                : new Nucleus(options.topP(), AddressedRandom.at(options.seed(), picture.contentHash(), 0, "caption"));
        return new SingleSearch(prompt, rules, choice);
    }

    /** @param open the searches in the memory's order; none is left */
    private void decode(List<TokenSearch> open, DecoderMemory memory, Engine on) {
        while (!open.isEmpty()) {
            List<Hypothesis> beginnings =
                    open.stream().flatMap(s -> s.running().stream()).toList();
            int first = memory.rows();
            float[] scores = scores(memory, beginnings, on);
            int unread = beginnings.get(0).unread().length;
            int each = beginnings.size() / open.size();
            // The engine waits, so its cores are free for the vocabulary's many scores.
            IntStream.range(0, open.size())
                    .parallel()
                    .forEach(i -> advance(open.get(i), scores, i * each, first, unread));
            for (int i = open.size() - 1; i >= 0; i--) {
                if (open.get(i).isOver()) {
                    leave(open, memory, i, on);
                }
            }
        }
    }

    /** @param sequence the search's first */
    private void advance(TokenSearch search, float[] scores, int sequence, int first, int unread) {
        List<Hypothesis> read = new ArrayList<>();
        for (Hypothesis beginning : search.running()) {
            read.add(beginning.read(first + (sequence + read.size()) * unread));
        }
        search.advance(read, scores, sequence * config.vocabSize(), config.vocabSize());
    }

    /** The last one takes the place of the one that leaves. */
    private static void leave(List<TokenSearch> open, DecoderMemory memory, int i, Engine on) {
        TokenSearch last = open.remove(open.size() - 1);
        if (i < open.size()) {
            open.set(i, last);
        }
        if (!open.isEmpty()) {
            memory.drop(on, i);
        }
    }

    /** Scores of what may follow each beginning, {@code [beginnings, vocab]}. */
    private float[] scores(DecoderMemory memory, List<Hypothesis> beginnings, Engine on) {
        int[][] ids = beginnings.stream().map(Hypothesis::unread).toArray(int[][]::new);
        int[][] past = beginnings.stream().map(Hypothesis::rows).toArray(int[][]::new);
        try (Tape tape = Tape.inference(on)) {
            float[] scores =
                    on.read(decoder.forward(Pass.plain(tape), memory, ids, past).value());
            for (int i = 0; i < scores.length; i++) {
                if (Float.isNaN(scores[i])) {
                    throw new ArithmeticException(
                            "the captioner's scores are not numbers; its weights are damaged or too" + " large for "
                                    + on.compute());
                }
            }
            return scores;
        }
    }

    /** The description without the prompt. */
    private String text(int[] ids) {
        int end = ids[ids.length - 1] == config.end() ? ids.length - 1 : ids.length;
        String whole = tokenizer.decode(Arrays.copyOfRange(ids, 1, end));
        String beginning = tokenizer.decode(Arrays.copyOfRange(ids, 1, prompt.length));
        return whole.substring(Math.min(beginning.length(), whole.length())).strip();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
