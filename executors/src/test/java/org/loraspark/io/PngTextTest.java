package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Java's own reader finds the text, which also checks lengths and sums. */
class PngTextTest {
    @ParameterizedTest
    @CsvSource({"tEXt, 'a café, <lora:ink:0.8>\nSteps: 20'", "iTXt, 'ein Bild — 城\nSteps: 20'"})
    void anotherReaderFindsTheTextAndTheSamePixels(String chunk, String text) throws IOException {
        RgbImage image = new RgbImage(2, 1, new byte[] {1, 2, 3, (byte) 250, (byte) 251, (byte) 252});
        byte[] png = PngText.add(Images.toPng(image), "parameters", text);
        assertThat(Images.decode(png, "x.png")).isEqualTo(image);
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(png))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            ImageReader reader = readers.next();
            reader.setInput(in);
            assertThat(reader.read(0).getRGB(1, 0) & 0xffffff).isEqualTo(0xfafbfc);
            Element root = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
            NodeList entries = root.getElementsByTagName(chunk + "Entry");
            assertThat(entries.getLength()).isOne();
            Element entry = (Element) entries.item(0);
            assertThat(entry.getAttribute("keyword")).isEqualTo("parameters");
            assertThat(entry.getAttribute(chunk.equals("tEXt") ? "value" : "text"))
                    .isEqualTo(text);
        }
    }
}
