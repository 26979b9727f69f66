package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was trained on what, in a few lines. */
final class Facts {
    private Facts() {}

    record Fact(String label, String value) {}

    static List<Fact> of(RunFiles run) {
        List<Fact> facts = new ArrayList<>();
        Optional<RunRecord.Setting> setting = run.record().map(RunRecord::setting);
        setting.ifPresent(s -> facts.add(new Fact("base model", s.base())));
        String heldOut = setting.filter(s -> s.heldOut() > 0)
                .map(s -> ", " + s.heldOut() + " held out for validation")
                .orElse("");
        String left = setting.filter(s -> s.leftOut() > 0)
                .map(s -> ", " + s.leftOut() + " left out")
                .orElse("");
        facts.add(new Fact(
                "pictures",
                setting.map(s -> s.pictures() + " in " + run.key("data.dir") + heldOut + left)
                        .orElse(run.key("data.dir"))));
        facts.add(new Fact(
                "size", run.key("data.resolution").replaceAll("[\\[\\]]", "").replace(", ", " × ")));
        String alpha = Figures.trimmed(run.key("lora.alpha"));
        facts.add(new Fact(
                "adapter",
                "rank " + run.key("lora.rank") + ", alpha " + alpha
                        + setting.map(s -> ", " + s.modules() + " modules, " + Figures.count(s.parameters())
                                        + " parameters")
                                .orElse("")));
        facts.add(new Fact(
                "learning rate",
                Figures.rate(Double.parseDouble(run.key("train.learning-rate"))) + ", "
                        + run.key("train.lr-scheduler").replace('_', ' ')));
        String workers = run.key("cluster.workers");
        facts.add(new Fact(
                "a step",
                run.key("train.batch-size") + " × " + run.key("train.gradient-accumulation-steps") + " pictures on "
                        + (workers.equals("1") ? "one worker" : "each of " + workers + " workers")));
        setting.ifPresent(s -> facts.add(new Fact("engine", s.engine() + " in " + s.precision())));
        RoundMetrics.memoryBytes(run.rounds())
                .ifPresent(bytes ->
                        facts.add(new Fact("memory", Figures.bytes(bytes) + " at most in a worker's process")));
        facts.add(new Fact("seed", run.key("train.seed")));
        return facts;
    }
}
