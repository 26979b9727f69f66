package org.loraspark.console;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress as a bar on stderr. */
final class BarProgress implements Progress {
    private static final String CLEAR_LINE = "\r\u001b[2K";

    private final ProgressBar bar;

    BarProgress(String name, long total, long alreadyDone) {
        this.bar = new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(total)
                .startsFrom(alreadyDone, java.time.Duration.ZERO)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500)
                .build();
    }

    @Override
    public void update(long done, String detail) {
        bar.stepTo(done);
        bar.setExtraMessage(" " + detail);
    }

    @Override
    public void say(String line) {
        System.err.println(CLEAR_LINE + line);
        bar.refresh();
    }

    @Override
    public void close() {
        bar.close();
    }
}
