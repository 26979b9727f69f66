package org.loraspark.infer;

/** x - log(sum(exp(x))) of one row of scores. */
final class LogSoftmax {
    private LogSoftmax() {}

    static void inPlace(float[] scores, int from, int count) {
        int to = from + count;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, scores[i]);
        }
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.exp(scores[i] - largest);
        }
        float log = (float) Math.log(sum);
        for (int i = from; i < to; i++) {
            scores[i] = scores[i] - largest - log;
        }
    }
}
