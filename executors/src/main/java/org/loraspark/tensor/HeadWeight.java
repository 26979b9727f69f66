package org.loraspark.tensor;

/** A frozen matrix {@code [heads * width, in]} as one matrix {@code W_h [width, in]} for each attention head. */
public interface HeadWeight {
    int heads();

    /** Of a head. */
    long width();

    long in();
}
