package org.loraspark.benchmark;

import org.loraspark.tensor.Engine;

/** What a case does at each turn. */
@FunctionalInterface
interface CaseWork {
    /**
     * Makes a step at every turn, until one of them throws {@link Turns.Over}.
     *
     * @param engine the worker's own, or one around it
     */
    void run(Engine engine, Turns turns);
}
