package org.loraspark.data;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.UserError;

/**
 * Comma-separated values as RFC 4180 has them: quotes around a field that holds commas, line breaks or (doubled) quotes;
 * lines end in LF, CRLF or CR. Empty lines are skipped. A quote inside an unquoted field is an ordinary character.
 */
public final class CsvReader {
    /**
     * One record.
     *
     * @param line where it begins, from 1
     */
    public record Row(int line, List<String> fields) {}

    private final String text;
    private final String source;
    private int at;
    private int line = 1;

    private CsvReader(String text, String source) {
        this.text = text;
        this.source = source;
    }

    /** {@code source} names the file in a refusal. */
    public static List<Row> read(String text, String source) {
        return new CsvReader(text, source).rows();
    }

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        while (at < text.length()) {
            int begin = line;
            List<String> fields = new ArrayList<>();
            do {
                fields.add(field());
            } while (skip(','));
            lineBreak();
            if (fields.size() > 1 || !fields.get(0).isBlank()) {
                rows.add(new Row(begin, fields));
            }
        }
        return rows;
    }

    private String field() {
        int begin = at;
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
        if (skip('"')) {
            return quoted();
        }
        at = begin;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(begin, at).strip();
    }

    private String quoted() {
        int begin = line;
        StringBuilder value = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"' && !skip('"')) {
                while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                    at++;
                }
                if (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
                    throw new UserError(
                            source + " line " + line + ": text follows a closing quote; write a quote inside "
                                    + "a quoted caption as two quotes");
                }
                return value.toString();
            }
            if (c == '\n' || c == '\r' && !(at < text.length() && text.charAt(at) == '\n')) {
                line++;
            }
            value.append(c);
        }
        throw new UserError(source + " line " + begin + ": the quote that opens here is never closed");
    }

    private void lineBreak() {
        boolean carriageReturn = skip('\r');
        if (skip('\n') || carriageReturn) {
            line++;
        }
    }

    private boolean skip(char expected) {
        if (at < text.length() && text.charAt(at) == expected) {
            at++;
            return true;
        }
        return false;
    }
}
