package org.loraspark.tensor;

/**
 * Stride and zero padding of a two-dimensional convolution, in pixels. Stable Diffusion's UNet pads both sides when it
 * halves a picture, its VAE only the right and the bottom.
 */
public record ConvShape(int stride, int padTop, int padBottom, int padLeft, int padRight) {
    public static ConvShape same(int kernel) {
        int pad = kernel / 2;
        return new ConvShape(1, pad, pad, pad, pad);
    }

    public static ConvShape strided(int stride, int pad) {
        return new ConvShape(stride, pad, pad, pad, pad);
    }

    public long outHeight(long height, int kernel) {
        return (height + padTop + padBottom - kernel) / stride + 1;
    }

    public long outWidth(long width, int kernel) {
        return (width + padLeft + padRight - kernel) / stride + 1;
    }
}
