package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.cluster.sweep.Axis;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.Halving;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.tensor.DType;
import org.loraspark.train.StepPlan;

class SweepPlanTest {
    @TempDir
    static Path folder;

    @Test
    void runsSideBySideTakeTheTimeOfTheBusiestSlot() {
        assertThat(plan(2, Set.of(), null).estimatedSeconds()).isEqualTo(200);
        assertThat(plan(1, Set.of(), null).estimatedSeconds()).isEqualTo(400);
        assertThat(plan(2, Set.of("rank4", "rank8"), null).estimatedSeconds()).isEqualTo(100);
    }

    @Test
    void theLongestRunStartsFirstSoThatNoneIsLeftAlone() {
        List<SweepOutline> runs = runs(100, 110, 200, 200);
        assertThat(SweepPlan.startOrder(runs).get(0))
                .extracting(SweepOutline::name)
                .containsExactly("rank16", "rank128", "rank8", "rank4");
        assertThat(plan(2, Set.of(), null, runs(100, 100, 100, 300)).estimatedSeconds())
                .isEqualTo(300);
    }

    @Test
    void halvingShortensTheTimeByTheRoundsThatAreNotTrained() {
        // A third of the rounds of four runs, and the rest of two.
        assertThat(plan(1, Set.of(), Halving.of(3, 4, 9)).estimatedSeconds())
                .isCloseTo(400 * (1 / 3.0 + 2 / 4.0 * 2 / 3.0), org.assertj.core.data.Offset.offset(1e-9));
    }

    @Test
    void budgetLeavesOutTheLastRunsAndSaysSo() {
        SweepPlan cut = plan(1, Set.of(), null).within(250);
        assertThat(cut.runs()).extracting(SweepOutline::name).containsExactly("rank4", "rank8");
        assertThat(cut.table())
                .contains("2 runs over lora.rank", "leaves out 2 of 4 runs, from rank16 on", "about 3 min 20 s");
        assertThat(plan(2, Set.of(), null).within(200).runs()).hasSize(4);
    }

    @Test
    void budgetForNoRunIsRefused() {
        assertThatThrownBy(() -> plan(1, Set.of(), null).within(99))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("1 min 40 s");
    }

    @Test
    void largeRanksAreWarnedOf() {
        List<SweepOutline> runs = plan(1, Set.of(), null).runs();
        assertThat(SweepPlan.notes(request(), runs)).anyMatch(note -> note.startsWith("rank 128 is more than 64"));
        assertThat(SweepPlan.notes(request(), runs.subList(0, 3))).noneMatch(note -> note.startsWith("rank"));
    }

    private static SweepPlan plan(int atOnce, Set<String> ended, Halving halving) {
        return plan(atOnce, ended, halving, runs(100, 100, 100, 100));
    }

    private static SweepPlan plan(int atOnce, Set<String> ended, Halving halving, List<SweepOutline> runs) {
        return new SweepPlan("out", request(), runs, ended, atOnce, halving, new ArrayList<>());
    }

    private static List<SweepOutline> runs(double... seconds) {
        List<SweepOutline> runs = new ArrayList<>();
        WorkerSetup setup = new WorkerSetup(
                "base", "hash", "nd4j", DType.F32, false, new SerializableConfiguration(new Configuration()));
        for (Candidate candidate :
                Candidate.of(request(), over -> DemoRun.config(folder, "plan", "lora.rank=" + over.get("lora.rank")))) {
            SharedData.Need need = new SharedData.Need(
                    candidate.config(), setup, new EncodeSettings("vae", 64, 64, false), List.of(), List.of());
            double duration = seconds[runs.size()];
            runs.add(new SweepOutline(
                    candidate, candidate.config(), need, new StepPlan(3, 27, 3), duration, 1 << 20, true, List.of()));
        }
        return runs;
    }

    private static SweepRequest request() {
        return new SweepRequest(List.of(Axis.parse("lora.rank=4,8,16,128")), 0, 0, 0, 0, 0, 0);
    }
}
