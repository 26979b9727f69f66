package org.loraspark.infer;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.io.Canvas;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

/** The sheet that shows what an adapter does: a row for each prompt, the base model's picture beside the adapter's. */
public final class PreviewGrid {
    private static final int MARGIN = 24;
    private static final int GAP = 12;
    private static final int SMALLEST_CELL = 256;
    private static final int TITLE = 15;
    private static final int LABEL = 10;
    private static final int LINE = 22;

    private PreviewGrid() {}

    /**
     * One row.
     *
     * @param prompt written above the pictures
     * @param pictures one for each column, all of one size
     */
    public record Row(String prompt, List<RgbImage> pictures) {}

    /**
     * @param title what was trained, and how far
     * @param columns a word for each column
     */
    public static RgbImage draw(String title, List<String> columns, List<Row> rows) {
        RgbImage first = rows.get(0).pictures().get(0);
        int zoom = Math.max(1, SMALLEST_CELL / Math.max(first.width(), first.height()));
        int cellWidth = first.width() * zoom;
        int cellHeight = first.height() * zoom;
        int inner = columns.size() * (cellWidth + GAP) - GAP;

        List<String> titleLines = Canvas.wrap(title, TITLE, inner);
        List<List<String>> prompts = new ArrayList<>();
        int height = MARGIN + titleLines.size() * (LINE + 6) + LINE + MARGIN;
        for (Row row : rows) {
            List<String> lines = Canvas.wrap(row.prompt(), LABEL, inner);
            prompts.add(lines);
            height += lines.size() * LINE + cellHeight + MARGIN;
        }

        Canvas canvas = new Canvas(inner + 2 * MARGIN, height);
        int y = MARGIN + TITLE;
        for (String line : titleLines) {
            canvas.text(line, MARGIN, y, TITLE, 0);
            y += LINE + 6;
        }
        for (int c = 0; c < columns.size(); c++) {
            int center = MARGIN + c * (cellWidth + GAP) + (cellWidth - Canvas.textWidth(columns.get(c), LABEL)) / 2;
            canvas.text(columns.get(c), center, y, LABEL, 110);
        }
        y += MARGIN;
        for (int r = 0; r < rows.size(); r++) {
            for (String line : prompts.get(r)) {
                canvas.text(line, MARGIN, y + LABEL, LABEL, 60);
                y += LINE;
            }
            List<RgbImage> pictures = rows.get(r).pictures();
            for (int c = 0; c < pictures.size(); c++) {
                canvas.draw(
                        Images.resizeAndCrop(pictures.get(c), cellWidth, cellHeight),
                        MARGIN + c * (cellWidth + GAP),
                        y);
            }
            y += cellHeight + MARGIN;
        }
        return canvas.image();
    }
}
