package org.loraspark.lora;

import java.util.stream.IntStream;

/**
 * Thin singular value decomposition A = U diag(s) Vᵀ of a small square matrix, by one-sided Jacobi rotations: the
 * columns of A are rotated in pairs until all are orthogonal; they then are the columns of U diag(s), and the product of
 * the rotations is V (Golub and Van Loan, Matrix Computations, 8.6.3). Singular values descend; where one is 0 its
 * column of U is 0 too.
 *
 * @param u columns of U, {@code [n][n]}
 * @param s singular values {@code [n]}
 * @param v columns of V, {@code [n][n]}
 */
record JacobiSvd(double[][] u, double[] s, double[][] v) {
    private static final double ORTHOGONAL = 1e-15;
    private static final int MAX_SWEEPS = 60;

    /** @param columns the columns of A, not changed */
    static JacobiSvd of(double[][] columns) {
        int n = columns.length;
        double[][] u = new double[n][];
        double[][] v = new double[n][n];
        for (int j = 0; j < n; j++) {
            u[j] = columns[j].clone();
            v[j][j] = 1;
        }
        int sweep = 0;
        while (rotateAllPairs(u, v)) {
            if (++sweep == MAX_SWEEPS) {
                throw new ArithmeticException("no convergence after " + sweep + " sweeps; are all values finite?");
            }
        }
        return sorted(u, v);
    }

    private static boolean rotateAllPairs(double[][] u, double[][] v) {
        boolean rotated = false;
        for (int p = 0; p < u.length - 1; p++) {
            for (int q = p + 1; q < u.length; q++) {
                double pp = dot(u[p], u[p]);
                double qq = dot(u[q], u[q]);
                double pq = dot(u[p], u[q]);
                if (Math.abs(pq) <= ORTHOGONAL * Math.sqrt(pp * qq)) {
                    continue;
                }
                rotated = true;
                double zeta = (qq - pp) / (2 * pq);
                double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
                double cosine = 1 / Math.hypot(1, tangent);
                rotate(u[p], u[q], cosine, cosine * tangent);
                rotate(v[p], v[q], cosine, cosine * tangent);
            }
        }
        return rotated;
    }

    private static void rotate(double[] a, double[] b, double cosine, double sine) {
        for (int i = 0; i < a.length; i++) {
            double x = a[i];
            a[i] = cosine * x - sine * b[i];
            b[i] = sine * x + cosine * b[i];
        }
    }

    private static JacobiSvd sorted(double[][] u, double[][] v) {
        int n = u.length;
        double[] norms = new double[n];
        for (int j = 0; j < n; j++) {
            norms[j] = Math.sqrt(dot(u[j], u[j]));
        }
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted((a, b) -> Double.compare(norms[b], norms[a]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[][] sortedU = new double[n][];
        double[] s = new double[n];
        double[][] sortedV = new double[n][];
        for (int j = 0; j < n; j++) {
            sortedU[j] = u[order[j]];
            sortedV[j] = v[order[j]];
            s[j] = norms[order[j]];
            for (int i = 0; s[j] > 0 && i < sortedU[j].length; i++) {
                sortedU[j][i] /= s[j];
            }
        }
        return new JacobiSvd(sortedU, s, sortedV);
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
