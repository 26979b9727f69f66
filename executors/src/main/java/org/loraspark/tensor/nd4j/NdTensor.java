package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A row-major window on a {@link Block}. */
public final class NdTensor implements Tensor {
    final Block block;
    private final int generation;
    private final long offset;
    private final long[] shape;
    private final DType dtype;
    private final long size;

    NdTensor(Block block, long offset, DType dtype, long... shape) {
        this.block = block;
        this.generation = block.generation;
        this.offset = offset;
        this.shape = shape;
        this.dtype = dtype;
        this.size = Shapes.size(shape);
    }

    @Override
    public long[] shape() {
        return shape;
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public NdTensor reshape(long... newShape) {
        if (Shapes.size(newShape) != size) {
            throw new IllegalArgumentException(
                    "reshape: " + Shapes.toString(shape) + " cannot become " + Shapes.toString(newShape));
        }
        return window(offset, newShape);
    }

    @Override
    public NdTensor slice(long from, long... newShape) {
        if (from < 0 || from + Shapes.size(newShape) > size) {
            throw new IllegalArgumentException("slice: " + Shapes.toString(newShape) + " from element " + from
                    + " lies outside " + Shapes.toString(shape));
        }
        return window(offset + from, newShape);
    }

    /** The values under the tensor's own shape; a scalar has one dimension. */
    INDArray array() {
        return shape.length == 0 ? as(1) : as(shape);
    }

    /** All but the last dimension folded into one: {@code [rows, last]}. */
    INDArray matrix() {
        return as(rows(), last());
    }

    INDArray as(long... other) {
        return live().view(offset, other);
    }

    /** Any strided window; {@code from} and {@code strides} count elements from the tensor's start. */
    INDArray strided(long from, long[] other, long[] strides) {
        return live().view(offset + from, other, strides);
    }

    /** Where the values begin in this process. */
    public long address() {
        return live().address + offset * dtype.bytes();
    }

    /** Frees memory that is outside every scope and pool; no tensor on it may be used again. */
    public void dispose() {
        block.generation++;
        block.close();
    }

    /** The product of all dimensions but the last. */
    public long rows() {
        return size / last();
    }

    public long last() {
        return shape[shape.length - 1];
    }

    private NdTensor window(long from, long[] newShape) {
        live();
        return new NdTensor(block, from, dtype, newShape);
    }

    private Block live() {
        if (block.generation != generation) {
            throw new IllegalStateException(
                    "a tensor of shape " + Shapes.toString(shape) + " is used after its scope closed or released it");
        }
        return block;
    }
}
