package org.loraspark.infer;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.data.TextFiles;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/**
 * SmilingWolf's WD14 taggers on ONNX Runtime, CPU: a folder with {@code model.onnx} and {@code selected_tags.csv}.
 *
 * <p>In: {@code [batch, size, size, 3]}, blue first, 0 to 255 as they are; the picture stands in the middle of a white
 * square, which is scaled (area when it shrinks, Lanczos when it grows). Out: {@code [batch, tags]}, probabilities.
 * Models with a fixed batch get pictures in portions of it.
 */
public final class Wd14Tagger implements Captioner {
    public static final String MODEL = "model.onnx";
    public static final String TAGS = "selected_tags.csv";

    /** Of all published models; those that leave it open in their shape work at it too. */
    private static final int USUAL_SIZE = 448;

    private static final int BLOCK = 16;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final SelectedTags tags;
    private final String source;
    private final String input;
    private final int size;
    private final int portion;
    private final boolean fixedPortion;
    private final FloatBuffer pixels; // [portion, size, size, 3]

    private Wd14Tagger(OrtEnvironment environment, OrtSession session, SelectedTags tags, String source)
            throws OrtException {
        this.environment = environment;
        this.session = session;
        this.tags = tags;
        this.source = source;
        Map.Entry<String, NodeInfo> only =
                session.getInputInfo().entrySet().iterator().next();
        this.input = only.getKey();
        long[] shape = only.getValue().getInfo() instanceof TensorInfo tensor && tensor.type == OnnxJavaType.FLOAT
                ? tensor.getShape()
                : new long[0];
        if (session.getNumInputs() != 1 || shape.length != 4 || shape[3] != 3 || shape[1] != shape[2]) {
            throw new UserError(source + " takes " + (shape.length == 0 ? "no floats" : Arrays.toString(shape))
                    + "; a WD14 tagger takes one picture tensor [batch, size, size, 3]");
        }
        this.size = shape[1] > 0 ? Math.toIntExact(shape[1]) : USUAL_SIZE;
        this.fixedPortion = shape[0] > 0;
        this.portion = fixedPortion ? Math.toIntExact(shape[0]) : BLOCK;
        this.pixels = ByteBuffer.allocateDirect(4 * 3 * size * size * portion)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** @param threads that compute one picture */
    public static Wd14Tagger open(Path folder, Configuration conf, int threads, TaggerOptions options) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path model = new Path(folder, MODEL);
        Path list = new Path(folder, TAGS);
        SelectedTags tags = SelectedTags.parse(TextFiles.text(fileSystem, list), list.toString(), options);
        OrtEnvironment environment = OnnxRuns.environment();
        try (OrtSession.SessionOptions settings = new OrtSession.SessionOptions()) {
            settings.setIntraOpNumThreads(threads);
            // Idle threads that spin take the cores from the decoding of the next pictures.
            settings.addConfigEntry("session.intra_op.allow_spinning", "0");
            var local = Storage.local(model, conf);
            OrtSession session = OnnxRuns.during(() -> local.isPresent()
                    ? environment.createSession(local.get().toString(), settings)
                    : environment.createSession(TextFiles.bytes(fileSystem, model), settings));
            try {
                return new Wd14Tagger(environment, session, tags, model.toString());
            } catch (OrtException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (OrtException e) {
            throw new UserError(model + " cannot be loaded as an ONNX model: " + e.getMessage(), e);
        }
    }

    @Override
    public List<String> describe(List<CaptionRequest> pictures) {
        List<String> captions = new ArrayList<>();
        for (int from = 0; from < pictures.size(); from += portion) {
            List<CaptionRequest> some = pictures.subList(from, Math.min(pictures.size(), from + portion));
            try {
                captions.addAll(OnnxRuns.during(() -> describePortion(some)));
            } catch (OrtException e) {
                throw new IllegalStateException(source + " failed: " + e.getMessage(), e);
            }
        }
        return captions;
    }

    private List<String> describePortion(List<CaptionRequest> pictures) throws OrtException {
        pixels.clear();
        for (CaptionRequest request : pictures) {
            put(request.picture());
        }
        int batch = fixedPortion ? portion : pictures.size();
        pixels.position(0).limit(batch * size * size * 3);
        try (OnnxTensor in = OnnxTensor.createTensor(environment, pixels, new long[] {batch, size, size, 3});
                OrtSession.Result result = session.run(Map.of(input, in))) {
            OnnxTensor out = (OnnxTensor) result.get(0);
            long[] shape = out.getInfo().getShape();
            if (shape.length != 2 || shape[0] != batch || shape[1] != tags.count()) {
                throw new UserError(source + " gives " + Arrays.toString(shape) + " for " + batch + " pictures, but "
                        + TAGS + " beside it names " + tags.count() + " tags; the two belong to different models");
            }
            FloatBuffer values = out.getFloatBuffer();
            List<String> captions = new ArrayList<>();
            for (int i = 0; i < pictures.size(); i++) {
                float[] probabilities = new float[tags.count()];
                values.get(i * tags.count(), probabilities);
                captions.add(tags.caption(probabilities));
            }
            return captions;
        }
    }

    private void put(RgbImage picture) {
        byte[] rgb = Images.resize(onWhiteSquare(picture), size, size).rgb();
        for (int i = 0; i < rgb.length; i += 3) {
            pixels.put(rgb[i + 2] & 0xff);
            pixels.put(rgb[i + 1] & 0xff);
            pixels.put(rgb[i] & 0xff);
        }
    }

    private static RgbImage onWhiteSquare(RgbImage picture) {
        int width = picture.width();
        int height = picture.height();
        if (width == height) {
            return picture;
        }
        int side = Math.max(width, height);
        byte[] square = new byte[Math.multiplyExact(3 * side, side)];
        Arrays.fill(square, (byte) 255);
        int left = (side - width) / 2;
        int top = (side - height) / 2;
        for (int y = 0; y < height; y++) {
            System.arraycopy(picture.rgb(), 3 * y * width, square, 3 * ((top + y) * side + left), 3 * width);
        }
        return new RgbImage(side, side, square);
    }

    @Override
    public void close() {
        try {
            OnnxRuns.during(() -> {
                session.close();
                return session;
            });
        } catch (OrtException e) {
            throw new IllegalStateException("cannot close " + source, e);
        }
    }
}
