package org.loraspark.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.golden.Golden;

/** Real worker processes on the demo model, beside a made-up peer. */
class BenchmarkRunTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void tableAndJsonHoldBothSidesAndWhereTheTimeGoes() throws IOException {
        Path json = folder.resolve("figures.json");
        boolean complete = run(List.of(BenchmarkCase.TRAIN_FP32), fakePeer(), Optional.of(json));
        assertThat(complete).as(err.toString()).isTrue();
        assertThat(out.toString())
                .startsWith("a machine\n")
                .containsPattern("train-step-fp32-b1 +[0-9.]+ +100\\.000 +[0-9.]+x .* 3\\.00 +>= 1\\.3x: reached")
                .containsPattern("one step of ours .* conv +linear +attention +norm +element-wise +LoRA +optimizer")
                .containsPattern("train-step-fp32-b1 +0\\.00 ");

        JsonNode root = new ObjectMapper().readTree(json.toFile());
        assertThat(root.path("machine").asText()).isEqualTo("a machine");
        assertThat(root.path("cases")).hasSize(1);
        JsonNode figures = root.path("cases").path(0);
        assertThat(figures.path("name").asText()).isEqualTo("train-step-fp32-b1");
        assertThat(figures.path("peer_s").asDouble()).isEqualTo(100);
        assertThat(figures.path("ours_s").asDouble()).isPositive();
        assertThat(figures.path("ratio").asDouble())
                .isEqualTo(100 / figures.path("ours_s").asDouble());
        assertThat(figures.path("ours_peak_gib").asDouble()).isBetween(0.05, 3.0);
        assertThat(figures.path("ours_steps_s")).hasSize(2);
        assertThat(figures.path("profile").path("flops").asLong()).isPositive();
        assertThat(figures.path("profile")
                        .path("kinds")
                        .path("LoRA")
                        .path("flops")
                        .asLong())
                .isPositive();
        assertThat(figures.path("profile")
                        .path("kinds")
                        .path("optimizer")
                        .path("seconds")
                        .asDouble())
                .isPositive();
    }

    @Test
    void captionsAreMeasuredByThePicture() throws IOException {
        Path json = folder.resolve("figures.json");
        boolean complete = run(
                List.of(BenchmarkCase.CAPTION_BEAMS_BATCH_8_FP32, BenchmarkCase.CAPTION_VISION),
                fakePeer(),
                Optional.of(json));
        assertThat(complete).as(err.toString()).isTrue();
        assertThat(out.toString())
                .containsPattern("caption-beams3-b8-fp32 +[0-9.]+ +12\\.500 .*\\(the peer with one picture at a time:"
                        + " 100\\.000 s, [0-9.]+x\\)")
                .containsPattern("caption-vision-b1 +[0-9.]+ +100\\.000 ");
        JsonNode cases = new ObjectMapper().readTree(json.toFile()).path("cases");
        JsonNode captions = cases.path(0);
        assertThat(captions.path("peer_s").asDouble()).isEqualTo(12.5);
        assertThat(captions.path("peer_alone_s").asDouble()).isEqualTo(100);
        double step = captions.path("ours_steps_s").path(0).asDouble();
        assertThat(captions.path("ours_s").asDouble()).isPositive().isLessThan(step / 2);
        assertThat(captions.path("profile").path("flops").asLong())
                .isGreaterThan(8 * cases.path(1).path("profile").path("flops").asLong());
    }

    @Test
    void sidesTakeTurns() throws IOException {
        run(List.of(BenchmarkCase.VAE_DECODE), fakePeer(), Optional.empty());
        assertThat(err.toString().lines().filter(line -> line.contains("step ")))
                .hasSize(2)
                .allMatch(line -> line.matches("vae-decode: step \\d of 2: [0-9.]+ s, the other 100\\.000 s"));
    }

    @Test
    void brokenPeerIsToldAndLeavesTheOtherCases() throws IOException {
        Path json = folder.resolve("figures.json");
        List<String> broken = List.of(java(), "-cp", classPath(), FakePeer.class.getName(), "--broken");
        boolean complete =
                run(List.of(BenchmarkCase.VAE_DECODE, BenchmarkCase.START_UP), new Peer(broken), Optional.of(json));
        assertThat(complete).isFalse();
        assertThat(out.toString())
                .contains("the peer ended with status 7: RuntimeError: out of memory")
                .containsPattern("start-up +[0-9.]+ +- ");
        JsonNode cases = new ObjectMapper().readTree(json.toFile()).path("cases");
        assertThat(cases.path(0).path("ours_s").isNull()).isTrue();
        assertThat(cases.path(0).path("problem").asText()).contains("out of memory");
        assertThat(cases.path(1).path("ours_s").asDouble()).isPositive();
        assertThat(cases.path(1).path("peer_s").isNull()).isTrue();
    }

    private boolean run(List<BenchmarkCase> cases, Peer peer, Optional<Path> json) throws IOException {
        return new BenchmarkRun(
                        "a machine", cases, Golden.demo("base"), Golden.demo("captioner"), "nd4j", peer, 1, 2, json)
                .run(new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private static Peer fakePeer() {
        return new Peer(List.of(java(), "-cp", classPath(), FakePeer.class.getName()));
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElseThrow();
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }
}
