package org.loraspark.cluster.caption;

/**
 * What stands around every new caption, such as a trigger word. Parts are joined with a blank, but a suffix that begins
 * with a comma or another mark follows the text directly. A part that is there already is not put twice.
 */
record CaptionFrame(String prefix, String suffix) {
    private static final String MARKS = ",.;:!?";

    String around(String caption) {
        String text = line(caption);
        String before = line(prefix);
        String after = line(suffix);
        if (!before.isEmpty() && !text.startsWith(before)) {
            text = text.isEmpty() ? before : before + " " + text;
        }
        if (!after.isEmpty() && !text.endsWith(after)) {
            boolean mark = MARKS.indexOf(after.charAt(0)) >= 0;
            text = text.isEmpty() ? after.substring(mark ? 1 : 0).strip() : text + (mark ? "" : " ") + after;
        }
        return text;
    }

    /** Captions are single lines. */
    private static String line(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
