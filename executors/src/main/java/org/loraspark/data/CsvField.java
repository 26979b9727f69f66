package org.loraspark.data;

/** A field of comma-separated values, as {@link CsvReader} takes it back. */
public final class CsvField {
    private CsvField() {}

    /** In quotes only where it must be: with a comma, a quote or a line break, or with blanks at its ends. */
    public static String of(String text) {
        boolean plain = text.equals(text.strip()) && text.chars().noneMatch(c -> "\",\r\n".indexOf(c) >= 0);
        return plain ? text : quoted(text);
    }

    public static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }
}
