package org.loraspark.cluster;

import java.io.Serializable;
import java.util.ArrayList;
import org.loraspark.train.TrainState;

/**
 * What a run's only worker did in one task.
 *
 * @param rounds whole ones, at least one
 * @param end the state after the last of them
 */
record LoneRounds(ArrayList<RoundSummary> rounds, TrainState end) implements Serializable {}
