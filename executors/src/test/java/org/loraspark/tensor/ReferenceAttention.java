package org.loraspark.tensor;

/**
 * softmax(q kᵀ / sqrt(width)) v and its gradients by plain loops, one query of one head after another.
 *
 * @param y {@code [batch, queries, heads * width]}, as dq
 * @param dk {@code [batch, keys, heads * width]}, as dv
 */
record ReferenceAttention(double[] y, double[] dq, double[] dk, double[] dv) {
    static ReferenceAttention of(
            double[] q,
            double[] k,
            double[] v,
            double[] dy,
            int batch,
            int queries,
            int keys,
            int heads,
            int width,
            boolean causal) {
        ReferenceAttention result = new ReferenceAttention(
                new double[q.length], new double[q.length], new double[k.length], new double[v.length]);
        int dim = heads * width;
        double scale = 1 / Math.sqrt(width);
        for (int row = 0; row < batch * queries * heads; row++) {
            int head = row % heads;
            int query = row / heads % queries;
            int sample = row / heads / queries;
            int from = (sample * queries + query) * dim + head * width;
            int to = sample * keys * dim + head * width;
            double[] p = softmax(q, from, k, to, causal ? Math.min(keys, query + 1) : keys, dim, width, scale);
            double[] dp = new double[p.length];
            double mean = 0;
            for (int j = 0; j < p.length; j++) {
                dp[j] = dot(dy, from, v, to + j * dim, width);
                mean += p[j] * dp[j];
            }
            for (int j = 0; j < p.length; j++) {
                double ds = scale * p[j] * (dp[j] - mean);
                int at = to + j * dim;
                for (int d = 0; d < width; d++) {
                    result.y[from + d] += p[j] * v[at + d];
                    result.dv[at + d] += p[j] * dy[from + d];
                    result.dq[from + d] += ds * k[at + d];
                    result.dk[at + d] += ds * q[from + d];
                }
            }
        }
        return result;
    }

    private static double[] softmax(
            double[] q, int from, double[] k, int to, int seen, int dim, int width, double scale) {
        double[] p = new double[seen];
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < seen; j++) {
            p[j] = scale * dot(q, from, k, to + j * dim, width);
            largest = Math.max(largest, p[j]);
        }
        double sum = 0;
        for (int j = 0; j < seen; j++) {
            p[j] = Math.exp(p[j] - largest);
            sum += p[j];
        }
        for (int j = 0; j < seen; j++) {
            p[j] /= sum;
        }
        return p;
    }

    private static double dot(double[] a, int i, double[] b, int j, int width) {
        double sum = 0;
        for (int d = 0; d < width; d++) {
            sum += a[i + d] * b[j + d];
        }
        return sum;
    }
}
