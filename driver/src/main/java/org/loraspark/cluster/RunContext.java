package org.loraspark.cluster;

import java.io.Serializable;
import org.loraspark.data.CaptionProcessor;
import org.loraspark.lora.LoraLayout;
import org.loraspark.train.Hyperparameters;
import org.loraspark.train.LocalTrainer;

/** What every task of a run needs beside the run's state and its pictures. */
record RunContext(WorkerSetup setup, int clipSkip, CaptionProcessor captions, Hyperparameters hyperparameters)
        implements Serializable {
    /** To be closed before the lease. */
    LocalTrainer trainer(WorkerProcess.Lease lease, LoraLayout layout) {
        return new LocalTrainer(
                lease.engine(),
                lease.model(clipSkip),
                hyperparameters,
                layout,
                new CaptionTokens(captions, hyperparameters.seed(), lease.tokenizer()));
    }

    /** Of captions as they are written, for validation. */
    CaptionTokens fixedCaptions(WorkerProcess.Lease lease) {
        CaptionProcessor fixed = new CaptionProcessor(captions.prefix(), captions.suffix(), 0, false, 0, 0);
        return new CaptionTokens(fixed, 0, lease.tokenizer());
    }
}
