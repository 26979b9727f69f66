package org.loraspark.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.loraspark.UserError;
import org.loraspark.benchmark.BenchmarkCase;
import org.loraspark.benchmark.BenchmarkRun;
import org.loraspark.benchmark.Peer;
import org.loraspark.tensor.EngineProvider;
import org.loraspark.tensor.Engines;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How fast this machine trains and captions, beside diffusers, PEFT and transformers; {@code scripts/benchmark} calls it. */
@Command(
        name = "benchmark",
        hidden = true,
        description = {
            "Measures training steps and passes of Stable Diffusion 1.5 with random weights: 512x512, rank 8, AdamW.",
            "And captions of BLIP base with random weights: 384x384, 20 tokens each; their figures are a picture's.",
            "With --peer, steps of diffusers and PEFT, or of transformers, on PyTorch alternate with ours."
        },
        footer = {
            "  scripts/benchmark --peer --json figures.json",
            "  scripts/benchmark --cases train-step-bf16-b1,vae-decode --engine onednn --steps 10",
            "  scripts/benchmark --peer-python ~/venv/bin/python --cases caption-greedy-b8,caption-beams3-b8"
        })
final class BenchmarkCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--cases",
            split = ",",
            paramLabel = "NAME",
            description = "Cases, separated by commas (default: all): ${COMPLETION-CANDIDATES}.",
            completionCandidates = CaseNames.class)
    private List<String> cases = BenchmarkCase.titles();

    @Option(names = "--engine", paramLabel = "NAME", description = "Engine (default: ${DEFAULT-VALUE}).")
    private String engine = "auto";

    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "Steps that count, after two to warm up; the figure is their median (default: ${DEFAULT-VALUE}).")
    private int steps = 5;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of either side (default: all cores, ${DEFAULT-VALUE}).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON too.")
    private Path json;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Base model, a diffusers folder; made with random weights, 2.1 GB, when it is not there"
                    + " (default: lora-spark-benchmark in the system's temporary folder).")
    private Path model = Path.of(System.getProperty("java.io.tmpdir"), "lora-spark-benchmark");

    @Option(
            names = "--captioner",
            paramLabel = "DIR",
            description = "Captioner, a BLIP folder; made with random weights, 0.5 GB, when it is not there (default:"
                    + " lora-spark-benchmark-captioner in the system's temporary folder).")
    private Path captioner = Path.of(System.getProperty("java.io.tmpdir"), "lora-spark-benchmark-captioner");

    @Option(names = "--peer", description = "Measure PyTorch too, in a Python environment that is made once (6 GB).")
    private boolean peer;

    @Option(
            names = "--peer-folder",
            paramLabel = "DIR",
            description = "The Python environment of --peer (default: lora-spark/benchmark-peer in the cache folder).")
    private Path peerFolder = Peer.cacheFolder().resolve("benchmark-peer");

    @Option(
            names = "--peer-python",
            paramLabel = "FILE",
            description = "The python of an environment that is there already; switches --peer on.")
    private Path peerPython;

    @Option(names = "--peer-script", hidden = true, description = "Folder of benchmark_peer.py.")
    private Path peerScript = Path.of("scripts", "lib");

    @Override
    public Integer call() throws IOException {
        List<BenchmarkCase> chosen = cases.stream().map(BenchmarkCase::named).toList();
        if (steps < 1) {
            throw new UserError("--steps " + steps + " must be at least 1");
        }
        if (threads < 1) {
            throw new UserError("--threads " + threads + " must be at least 1");
        }
        EngineProvider provider = Engines.provider(engine);
        String machine = String.join(
                ", ",
                Machine.processor(),
                Machine.instructionSet(),
                Machine.totalMemory(),
                provider.name() + ": " + provider.availability().detail(),
                LocalDate.now().toString());
        BenchmarkRun run = new BenchmarkRun(
                machine, chosen, model, captioner, provider.name(), peer(), threads, steps, Optional.ofNullable(json));
        return run.run(spec.commandLine().getOut(), spec.commandLine().getErr()) ? 0 : Failures.FAILED;
    }

    private Peer peer() throws IOException {
        if (peerPython != null) {
            return Peer.of(peerPython, peerScript);
        }
        return peer ? Peer.install(peerFolder, peerScript) : Peer.NONE;
    }

    private static final class CaseNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return BenchmarkCase.titles().iterator();
        }
    }
}
