package org.loraspark.tensor.onednn;

import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.MappedPages;
import org.loraspark.tensor.nd4j.NdTensor;

/** Where a frozen weight's values come from. */
@FunctionalInterface
interface WeightSource {
    /** Writes all values row-major in the type of {@code to}. */
    void read(NdTensor to, Dnnl dnnl);

    /** The values of a file, whose pages are given back. */
    static WeightSource of(HostTensor file, MappedPages pages) {
        return (to, dnnl) -> {
            FileValues.read(file, to, dnnl);
            pages.finished(file);
        };
    }
}
