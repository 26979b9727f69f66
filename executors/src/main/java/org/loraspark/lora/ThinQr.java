package org.loraspark.lora;

/**
 * A = Q R by Gram-Schmidt, each column orthogonalised twice, which makes Q orthogonal to rounding (Giraud et al. 2005,
 * "twice is enough"). A column that depends on those before it gets a zero column in Q, so A may have any rank and more
 * columns than rows.
 *
 * @param q columns of Q, {@code [n][m]}, orthonormal or zero
 * @param r columns of the upper triangular R, {@code [n][n]}
 */
record ThinQr(double[][] q, double[][] r) {
    private static final double DEPENDENT = 1e-13;

    /** @param columns the columns of A {@code [n][m]}, not changed */
    static ThinQr of(double[][] columns) {
        int n = columns.length;
        double[][] q = new double[n][];
        double[][] r = new double[n][n];
        for (int j = 0; j < n; j++) {
            double[] column = columns[j].clone();
            double before = Math.sqrt(JacobiSvd.dot(column, column));
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k < j; k++) {
                    double overlap = JacobiSvd.dot(q[k], column);
                    r[j][k] += overlap;
                    for (int i = 0; i < column.length; i++) {
                        column[i] -= overlap * q[k][i];
                    }
                }
            }
            double norm = Math.sqrt(JacobiSvd.dot(column, column));
            if (norm > DEPENDENT * before) {
                r[j][j] = norm;
                for (int i = 0; i < column.length; i++) {
                    column[i] /= norm;
                }
            } else {
                column = new double[column.length];
            }
            q[j] = column;
        }
        return new ThinQr(q, r);
    }
}
