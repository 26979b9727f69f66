package org.loraspark.io;

import static org.bytedeco.opencv.global.opencv_core.CV_16U;
import static org.bytedeco.opencv.global.opencv_core.CV_8U;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.loraspark.tensor.NativeLimits;

/**
 * Pictures through OpenCV: JPEG, PNG, WebP and BMP in, PNG and WebP out.
 *
 * <p>Orientation and truncation come from {@link ImageHeader}: OpenCV drops the alpha channel when it applies EXIF, and
 * completes half a picture in silence.
 *
 * <p>Native memory is freed by a {@code PointerScope} around each call, which takes every pointer made inside it.
 */
@SuppressWarnings("try")
public final class Images {
    private static final long MAX_PIXELS = 1L << 28;

    static {
        NativeLimits.lift();
        // Tasks decode in parallel already; OpenCV's own threads would only compete with them.
        opencv_core.setNumThreads(1);
    }

    private Images() {}

    /** Upright, eight bits a channel, transparency on white. {@code name} is for the message of a refusal. */
    public static RgbImage decode(byte[] file, String name) {
        ImageHeader header = ImageHeader.read(file, name);
        if ((long) header.width() * header.height() > MAX_PIXELS) {
            throw new BrokenImageException(
                    name, header.width() + "x" + header.height() + " pixels are too many, the limit is " + MAX_PIXELS);
        }
        try (PointerScope scope = new PointerScope();
                Mat encoded = new Mat(1, file.length, CV_8U, new BytePointer(file))) {
            Mat decoded = decodeRaw(encoded, header, name);
            if (decoded.depth() == CV_16U) {
                decoded.convertTo(decoded, CV_8U, 1.0 / 257, 0);
            }
            if (decoded.depth() != CV_8U) {
                throw new BrokenImageException(name, "its pixels are neither 8 nor 16 bits");
            }
            byte[] pixels = new byte[Math.toIntExact(decoded.total() * decoded.channels())];
            decoded.data().get(pixels);
            byte[] rgb = toRgb(pixels, decoded.channels());
            return new RgbImage(decoded.cols(), decoded.rows(), rgb).oriented(header.orientation());
        }
    }

    private static Mat decodeRaw(Mat encoded, ImageHeader header, String name) {
        Mat decoded;
        try {
            decoded = opencv_imgcodecs.imdecode(encoded, opencv_imgcodecs.IMREAD_UNCHANGED);
        } catch (RuntimeException e) {
            // JavaCPP has no type for OpenCV's own exceptions; here they all speak of the input.
            throw new BrokenImageException(name, "OpenCV refuses its " + header.format() + " data");
        }
        if (decoded == null || decoded.empty()) {
            throw new BrokenImageException(name, "its " + header.format() + " data is damaged");
        }
        return decoded;
    }

    /**
     * Scaled to cover {@code width} x {@code height} and cropped at the centre, as kohya's trainer does: each side
     * becomes {@code int(side * scale + 0.5)}; area averaging when it shrinks, Lanczos when it grows.
     */
    public static RgbImage resizeAndCrop(RgbImage image, int width, int height) {
        double scale = Math.max((double) width / image.width(), (double) height / image.height());
        int scaledWidth = Math.max(width, (int) (image.width() * scale + 0.5));
        int scaledHeight = Math.max(height, (int) (image.height() * scale + 0.5));
        return crop(resize(image, scaledWidth, scaledHeight), width, height);
    }

    /** Area averaging when it shrinks, Lanczos when it grows; the aspect is not kept. */
    public static RgbImage resize(RgbImage image, int width, int height) {
        if (width == image.width() && height == image.height()) {
            return image;
        }
        int filter = width < image.width() || height < image.height()
                ? opencv_imgproc.INTER_AREA
                : opencv_imgproc.INTER_LANCZOS4;
        try (PointerScope scope = new PointerScope();
                Mat source = mat(image.rgb(), image.width(), image.height());
                Mat target = new Mat()) {
            opencv_imgproc.resize(source, target, new Size(width, height), 0, 0, filter);
            byte[] rgb = new byte[3 * width * height];
            target.data().get(rgb);
            return new RgbImage(width, height, rgb);
        }
    }

    private static RgbImage crop(RgbImage image, int width, int height) {
        if (width == image.width() && height == image.height()) {
            return image;
        }
        int left = (image.width() - width) / 2;
        int top = (image.height() - height) / 2;
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(image.rgb(), 3 * ((top + y) * image.width() + left), rgb, 3 * y * width, 3 * width);
        }
        return new RgbImage(width, height, rgb);
    }

    public static byte[] toPng(RgbImage image) {
        return encode(image, ".png");
    }

    /** @param quality 1 to 100 */
    public static byte[] toWebp(RgbImage image, int quality) {
        return encode(image, ".webp", opencv_imgcodecs.IMWRITE_WEBP_QUALITY, quality);
    }

    /** For a page: scaled down when its longer side is longer than {@code side}. */
    public static byte[] toSmallWebp(RgbImage image, int side, int quality) {
        double scale = (double) side / Math.max(image.width(), image.height());
        if (scale >= 1) {
            return toWebp(image, quality);
        }
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        return toWebp(resize(image, width, height), quality);
    }

    private static byte[] encode(RgbImage image, String ending, int... settings) {
        try (PointerScope scope = new PointerScope();
                Mat bgr = mat(toRgb(image.rgb(), 3), image.width(), image.height());
                BytePointer encoded = new BytePointer();
                IntPointer parameters = new IntPointer(settings)) {
            if (!opencv_imgcodecs.imencode(ending, bgr, encoded, parameters)) {
                throw new IllegalStateException("OpenCV cannot encode " + ending);
            }
            byte[] file = new byte[Math.toIntExact(encoded.limit())];
            encoded.get(file);
            return file;
        }
    }

    private static Mat mat(byte[] pixels, int width, int height) {
        return new Mat(height, width, CV_8UC3, new BytePointer(pixels));
    }

    /** From OpenCV's grey, BGR or BGRA; BGR and RGB are each other's reverse. */
    private static byte[] toRgb(byte[] pixels, int channels) {
        int count = pixels.length / channels;
        byte[] rgb = new byte[3 * count];
        for (int i = 0; i < count; i++) {
            int from = i * channels;
            int alpha = channels % 2 == 0 ? pixels[from + channels - 1] & 0xff : 255;
            for (int c = 0; c < 3; c++) {
                int value = pixels[channels >= 3 ? from + 2 - c : from] & 0xff;
                // 255 is white: value * a + 255 * (1 - a), a = alpha / 255, rounded.
                rgb[3 * i + c] = (byte) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
            }
        }
        return rgb;
    }
}
