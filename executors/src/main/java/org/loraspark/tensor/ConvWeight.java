package org.loraspark.tensor;

/** A frozen convolution kernel, {@code [out, in, kernel, kernel]} in a file, packed as its engine likes best. */
public interface ConvWeight {
    long in();

    long out();

    int kernel();

    ConvShape shape();
}
