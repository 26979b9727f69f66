package org.loraspark.io;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/** A tensor that a file will hold, before its values exist. */
public record TensorSpec(String name, DType dtype, long... shape) {
    public TensorSpec {
        shape = shape.clone();
    }

    static TensorSpec of(String name, HostTensor tensor) {
        return new TensorSpec(name, tensor.dtype(), tensor.shape());
    }

    public long bytes() {
        return Math.multiplyExact(Shapes.size(shape), (long) dtype.bytes());
    }
}
