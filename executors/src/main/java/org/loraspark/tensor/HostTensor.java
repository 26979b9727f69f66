package org.loraspark.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An array in host memory in the layout of a file: little-endian, row-major, without strides. It is how values enter
 * and leave an {@link Engine} by name and shape; a memory-mapped file gives one for each tensor without reading it.
 *
 * @param dtype element type of {@code data}
 * @param shape outermost dimension first, {@code {}} for a scalar
 * @param data exactly {@code size * dtype.bytes()} bytes from position 0 to its limit; never modified
 */
public record HostTensor(DType dtype, long[] shape, ByteBuffer data) {
    public HostTensor {
        data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        long expected = Math.multiplyExact(Shapes.size(shape), (long) dtype.bytes());
        if (data.remaining() != expected) {
            throw new IllegalArgumentException("a " + dtype + " tensor of shape " + Shapes.toString(shape) + " has "
                    + expected + " bytes, got " + data.remaining());
        }
    }

    public static HostTensor of(float[] values, long... shape) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return new HostTensor(DType.F32, shape, buffer);
    }

    public static HostTensor of(long[] values, long... shape) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 8)).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(values);
        return new HostTensor(DType.I64, shape, buffer);
    }

    public int size() {
        return Math.toIntExact(Shapes.size(shape));
    }

    /** The same bytes under another shape of the same size. */
    public HostTensor reshape(long... newShape) {
        return new HostTensor(dtype, newShape, data);
    }

    /** Rows {@code [first, first + count)} of the first dimension, in the same memory. */
    public HostTensor rows(long first, long count) {
        long row = Shapes.size(shape) / shape[0] * dtype.bytes();
        long[] part = shape.clone();
        part[0] = count;
        return new HostTensor(dtype, part, data.slice(Math.toIntExact(first * row), Math.toIntExact(count * row)));
    }

    /** The values as float; integers and doubles are rounded. */
    public float[] toFloats() {
        float[] values = new float[size()];
        switch (dtype) {
            case F32 ->
                data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = HalfFloats.fromF16(data.getShort(2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = HalfFloats.fromBf16(data.getShort(2 * i));
                }
            }
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) data.getDouble(8 * i);
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = integer(i);
                }
            }
        }
        return values;
    }

    /** The values of an integer tensor. */
    public long[] toLongs() {
        if (dtype.isFloat()) {
            throw new IllegalArgumentException("integers expected, got " + dtype);
        }
        long[] values = new long[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = integer(i);
        }
        return values;
    }

    /** The same values in another floating-point type, rounded to the nearest. */
    public HostTensor cast(DType target) {
        if (target == dtype) {
            return this;
        }
        float[] values = toFloats();
        if (target == DType.F32) {
            return of(values, shape);
        }
        ByteBuffer buffer = ByteBuffer.allocate(Math.multiplyExact(values.length, target.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (target) {
                case F16 -> buffer.putShort(HalfFloats.toF16(value));
                case BF16 -> buffer.putShort(HalfFloats.toBf16(value));
                case F64 -> buffer.putDouble(value);
                default -> throw new IllegalArgumentException("cannot cast " + dtype + " to " + target);
            }
        }
        return new HostTensor(target, shape, buffer.flip());
    }

    private long integer(int i) {
        return switch (dtype) {
            case I64 -> data.getLong(8 * i);
            case I32 -> data.getInt(4 * i);
            case I16 -> data.getShort(2 * i);
            case I8 -> data.get(i);
            case U8, BOOL -> data.get(i) & 0xff;
            default -> throw new IllegalArgumentException("integers expected, got " + dtype);
        };
    }
}
