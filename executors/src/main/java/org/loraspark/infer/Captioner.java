package org.loraspark.infer;

import java.util.List;

/** Describes pictures in words. What it says about a picture depends on nothing but the picture. */
public interface Captioner extends AutoCloseable {
    /** One description for each picture, in order. */
    List<String> describe(List<CaptionRequest> pictures);

    @Override
    void close();
}
