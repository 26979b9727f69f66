package org.loraspark.tensor;

/** A frozen matrix W {@code [out, in]} with an optional bias {@code [out]}, in whatever layout its engine likes best. */
public interface LinearWeight {
    long in();

    long out();
}
