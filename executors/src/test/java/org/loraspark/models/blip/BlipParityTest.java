package org.loraspark.models.blip;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.loraspark.golden.Golden;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.grad.Tape;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;

/** Image states and scores of forced captions against transformers, on every engine. */
class BlipParityTest {
    private static final double TOLERANCE = 1e-4;

    /** Of the largest state or score. */
    private static final double HALF_TOLERANCE = 0.03;

    static Stream<Arguments> enginesAndCases() {
        return Stream.of("blip", "blip-random")
                .flatMap(fixture -> Stream.concat(
                        Golden.engines().stream().map(engine -> Arguments.of(engine, fixture, TOLERANCE)),
                        Golden.halfEngines().stream().map(engine -> Arguments.of(engine, fixture, HALF_TOLERANCE))));
    }

    static BlipModel model(String fixture) {
        java.nio.file.Path folder = fixture.equals("blip") ? Golden.demo("captioner") : Golden.path(fixture + "/model");
        return BlipModel.open(new Path(folder.toUri()), new Configuration());
    }

    /** Rows of the first dimension. */
    static List<float[]> rows(HostTensor tensor) {
        int n = (int) tensor.shape()[0];
        float[] values = tensor.toFloats();
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            rows.add(Arrays.copyOfRange(values, i * (values.length / n), (i + 1) * (values.length / n)));
        }
        return rows;
    }

    @ParameterizedTest
    @MethodSource("enginesAndCases")
    void imageStatesMatchTransformers(GoldenEngine kind, String fixture, double tolerance) {
        try (Engine engine = kind.open();
                BlipModel model = model(fixture);
                SafetensorsFile file = Golden.open(fixture + "/blip");
                Tape tape = Tape.inference(engine)) {
            float[] states = engine.read(model.vision(engine)
                    .forward(Pass.plain(tape), rows(file.tensor("pixel_values")))
                    .value());
            Golden.assertClose("image states", states, file.tensor("image_states"), tolerance);
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndCases")
    void scoresMatchTransformersTokenByToken(GoldenEngine kind, String fixture, double tolerance) {
        try (Engine engine = kind.open();
                BlipModel model = model(fixture);
                SafetensorsFile file = Golden.open(fixture + "/blip")) {
            int[][] ids = Golden.tokenIds(file.tensor("input_ids"));
            HostTensor expected = file.tensor("logits");
            TextDecoder decoder = model.decoder(engine);
            Golden.assertClose("logits with a memory", remembered(engine, decoder, file, ids), expected, tolerance);
            Golden.assertClose("logits read anew", anew(engine, decoder, file, ids), expected, tolerance);
        }
    }

    /** Scores of every position, {@code [pictures, tokens, vocab]}, reading one token after the other. */
    private static float[] remembered(Engine engine, TextDecoder decoder, SafetensorsFile file, int[][] ids) {
        int tokens = ids[0].length;
        int vocab = decoder.config().vocabSize();
        float[] logits = new float[ids.length * tokens * vocab];
        try (Tape tape = Tape.inference(engine)) {
            DecoderMemory memory = look(tape, decoder, file, ids.length * tokens);
            for (int t = 0; t < tokens; t++) {
                int[][] next = new int[ids.length][];
                int[][] past = new int[ids.length][t];
                for (int s = 0; s < ids.length; s++) {
                    next[s] = new int[] {ids[s][t]};
                    for (int p = 0; p < t; p++) {
                        past[s][p] = p * ids.length + s;
                    }
                }
                put(
                        engine.read(decoder.forward(Pass.plain(tape), memory, next, past)
                                .value()),
                        logits,
                        t,
                        tokens,
                        vocab);
            }
        }
        return logits;
    }

    /** The same, reading each beginning as a whole. */
    private static float[] anew(Engine engine, TextDecoder decoder, SafetensorsFile file, int[][] ids) {
        int tokens = ids[0].length;
        int vocab = decoder.config().vocabSize();
        float[] logits = new float[ids.length * tokens * vocab];
        for (int t = 0; t < tokens; t++) {
            try (Tape tape = Tape.inference(engine)) {
                int read = t + 1;
                DecoderMemory memory = look(tape, decoder, file, ids.length * read);
                int[][] beginnings =
                        Arrays.stream(ids).map(s -> Arrays.copyOf(s, read)).toArray(int[][]::new);
                put(
                        engine.read(decoder.forward(Pass.plain(tape), memory, beginnings, new int[ids.length][0])
                                .value()),
                        logits,
                        t,
                        tokens,
                        vocab);
            }
        }
        return logits;
    }

    private static DecoderMemory look(Tape tape, TextDecoder decoder, SafetensorsFile file, int tokens) {
        HostTensor states = file.tensor("image_states");
        return decoder.look(
                Pass.plain(tape), tape.constant(tape.engine().upload(states.toFloats(), states.shape())), tokens);
    }

    private static void put(float[] scores, float[] logits, int position, int tokens, int vocab) {
        for (int s = 0; s < scores.length / vocab; s++) {
            System.arraycopy(scores, s * vocab, logits, (s * tokens + position) * vocab, vocab);
        }
    }
}
