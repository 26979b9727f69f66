package org.loraspark.lora;

/**
 * The singular value decomposition of B A, B {@code [out, rank]} and A {@code [rank, in]}, without forming the {@code
 * [out, in]} product: with B = Qb Rb and Aᵀ = Qa Ra, the {@code [rank, rank]} matrix Rb Raᵀ = X S Yᵀ gives (Qb X) S (Qa
 * Y)ᵀ. All in double.
 */
final class LowRankProduct {
    private final ThinQr up;
    private final ThinQr down;
    private final JacobiSvd core;

    /**
     * @param upColumns columns of B, {@code [rank][out]}
     * @param downRows rows of A, {@code [rank][in]}
     */
    LowRankProduct(double[][] upColumns, double[][] downRows) {
        int rank = upColumns.length;
        this.up = ThinQr.of(upColumns);
        this.down = ThinQr.of(downRows);
        double[][] columns = new double[rank][rank];
        for (int k = 0; k < rank; k++) {
            for (int j = 0; j < rank; j++) {
                for (int i = 0; i < rank; i++) {
                    columns[j][i] += up.r()[k][i] * down.r()[k][j];
                }
            }
        }
        this.core = JacobiSvd.of(columns);
    }

    /** Singular values of B A, descending. */
    double[] singularValues() {
        return core.s();
    }

    /** Column {@code j} of B' = Qb X sqrt(S): both factors of the product get the same share of its size. */
    double[] upColumn(int j) {
        return combine(up.q(), core.u()[j], Math.sqrt(core.s()[j]));
    }

    /** Row {@code j} of A' = sqrt(S) Yᵀ Qaᵀ. */
    double[] downRow(int j) {
        return combine(down.q(), core.v()[j], Math.sqrt(core.s()[j]));
    }

    private static double[] combine(double[][] columns, double[] weights, double factor) {
        double[] sum = new double[columns[0].length];
        for (int k = 0; k < columns.length; k++) {
            double weight = weights[k] * factor;
            for (int i = 0; i < sum.length; i++) {
                sum[i] += weight * columns[k][i];
            }
        }
        return sum;
    }
}
