package org.loraspark.tensor;

/** The kernels' forward formulas as plain loops in double, for comparison only. */
final class ReferenceKernels {
    private ReferenceKernels() {}

    /** {@code [m, k] x [k, n]}, each stored transposed when its flag is set. */
    static double[] gemm(double[] a, boolean transposeA, double[] b, boolean transposeB, int m, int n, int k) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j];
                }
                c[i * n + j] = sum;
            }
        }
        return c;
    }

    /** x W^T + b for W {@code [out, in]}; b may be empty. */
    static double[] linear(double[] x, double[] w, double[] b, int rows, int in, int out) {
        double[] y = gemm(x, false, w, true, rows, out, in);
        for (int i = 0; i < y.length && b.length > 0; i++) {
            y[i] += b[i % out];
        }
        return y;
    }

    /** x {@code [batch, height, width, in]}, w {@code [out, in, kernel, kernel]}. */
    static double[] conv2d(
            double[] x,
            int batch,
            int height,
            int width,
            int in,
            double[] w,
            double[] bias,
            int out,
            int kernel,
            ConvShape s) {
        int outHeight = (int) s.outHeight(height, kernel);
        int outWidth = (int) s.outWidth(width, kernel);
        double[] y = new double[batch * outHeight * outWidth * out];
        for (int i = 0; i < y.length; i++) {
            int o = i % out;
            int column = i / out % outWidth;
            int row = i / out / outWidth % outHeight;
            int b = i / out / outWidth / outHeight;
            double sum = bias.length > 0 ? bias[o] : 0;
            for (int dy = 0; dy < kernel; dy++) {
                for (int dx = 0; dx < kernel; dx++) {
                    int r = row * s.stride() + dy - s.padTop();
                    int c = column * s.stride() + dx - s.padLeft();
                    for (int ci = 0; ci < in && r >= 0 && r < height && c >= 0 && c < width; ci++) {
                        sum += x[((b * height + r) * width + c) * in + ci]
                                * w[((o * in + ci) * kernel + dy) * kernel + dx];
                    }
                }
            }
            y[i] = sum;
        }
        return y;
    }

    /** x {@code [batch, pixels, channels]}. */
    static double[] groupNorm(
            double[] x, int batch, int pixels, int channels, int groups, double[] gamma, double[] beta, double eps) {
        double[] y = new double[x.length];
        int width = channels / groups;
        for (int b = 0; b < batch; b++) {
            for (int g = 0; g < groups; g++) {
                double mean = 0;
                double variance = 0;
                for (int pass = 0; pass < 3; pass++) {
                    for (int i = 0; i < pixels * width; i++) {
                        int c = g * width + i % width;
                        int at = (b * pixels + i / width) * channels + c;
                        if (pass == 0) {
                            mean += x[at] / (pixels * width);
                        } else if (pass == 1) {
                            variance += (x[at] - mean) * (x[at] - mean) / (pixels * width);
                        } else {
                            y[at] = gamma[c] * (x[at] - mean) / Math.sqrt(variance + eps) + beta[c];
                        }
                    }
                }
            }
        }
        return y;
    }

    /** q {@code [batch, queries, dim]}, k and v {@code [batch, keys, dim]}. */
    static double[] attention(
            double[] q, double[] k, double[] v, int batch, int queries, int keys, int dim, int heads, boolean causal) {
        double[] y = new double[q.length];
        int width = dim / heads;
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < queries; i++) {
                    int seen = causal ? Math.min(keys, i + 1) : keys;
                    double[] weights = new double[seen];
                    double sum = 0;
                    for (int j = 0; j < seen; j++) {
                        double score = 0;
                        for (int d = 0; d < width; d++) {
                            score += q[(b * queries + i) * dim + h * width + d]
                                    * k[(b * keys + j) * dim + h * width + d];
                        }
                        weights[j] = Math.exp(score / Math.sqrt(width));
                        sum += weights[j];
                    }
                    for (int j = 0; j < seen; j++) {
                        for (int d = 0; d < width; d++) {
                            y[(b * queries + i) * dim + h * width + d] +=
                                    weights[j] / sum * v[(b * keys + j) * dim + h * width + d];
                        }
                    }
                }
            }
        }
        return y;
    }

    static double swish(double x, double slope) {
        return x / (1 + Math.exp(-slope * x));
    }

    /** x * Phi(x), the error function by its series and, far out, its continued fraction. */
    static double gelu(double x) {
        return x * 0.5 * (1 + erf(x / Math.sqrt(2)));
    }

    private static double erf(double x) {
        if (Math.abs(x) > 3) {
            double fraction = 0;
            for (int k = 60; k > 0; k--) {
                fraction = k / 2.0 / (Math.abs(x) + fraction);
            }
            double tail = Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction);
            return Math.signum(x) * (1 - tail);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }
}
