package org.loraspark.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Captions of a whole folder in one file.
 *
 * <ul>
 *   <li>{@code .csv}: {@code 01.jpg,"caption, with commas"}. A first row that names a file column and a text column is a
 *       header and may order the columns freely. Without one the caption is all that follows the first comma.
 *   <li>{@code .jsonl}: an object a line, such as {@code {"file_name": "01.jpg", "text": "caption"}}.
 * </ul>
 *
 * A file's second row for one picture is a problem, and so is a row without a caption; the first row counts.
 */
final class MetadataFile {
    private static final Set<String> FILE_COLUMNS =
            Set.of("file_name", "filename", "file", "image", "image_path", "path", "name");
    private static final Set<String> TEXT_COLUMNS = Set.of("text", "caption", "prompt", "captions", "description");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String source;
    private final Map<String, String> captions = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();

    private MetadataFile(String source) {
        this.source = source;
    }

    static MetadataFile parse(String text, String source) {
        MetadataFile file = new MetadataFile(source);
        if (source.toLowerCase(Locale.ROOT).endsWith(".jsonl")) {
            file.readJsonLines(text);
        } else {
            file.readCsv(text);
        }
        return file;
    }

    /** Caption of each file name, as written but with forward slashes and in Unicode's composed form. */
    Map<String, String> captions() {
        return captions;
    }

    List<Problem> problems() {
        return problems;
    }

    private void readCsv(String text) {
        List<CsvReader.Row> rows = CsvReader.read(text, source);
        if (rows.isEmpty()) {
            return;
        }
        List<String> header = rows.get(0).fields().stream()
                .map(field -> field.strip().toLowerCase(Locale.ROOT))
                .toList();
        int fileColumn = indexOfAny(header, FILE_COLUMNS);
        int textColumn = indexOfAny(header, TEXT_COLUMNS);
        boolean hasHeader = fileColumn >= 0 && textColumn >= 0;
        for (CsvReader.Row row : hasHeader ? rows.subList(1, rows.size()) : rows) {
            List<String> fields = row.fields();
            if (hasHeader && fields.size() != header.size()) {
                problem(
                        row.line(),
                        "has " + fields.size() + " fields where the header names " + header.size()
                                + "; put quotes around a caption with commas");
            } else if (hasHeader) {
                add(row.line(), fields.get(fileColumn), fields.get(textColumn));
            } else {
                add(row.line(), fields.get(0), String.join(", ", fields.subList(1, fields.size())));
            }
        }
    }

    private void readJsonLines(String text) {
        int number = 0;
        for (String line : text.split("\r\n|\n|\r")) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                JsonNode object = JSON.readTree(line);
                add(number, value(object, FILE_COLUMNS), value(object, TEXT_COLUMNS));
            } catch (JsonProcessingException e) {
                problem(number, "is not a JSON object on one line: " + e.getOriginalMessage());
            }
        }
    }

    private void add(int line, String file, String caption) {
        String name = PictureName.normalise(file.strip());
        if (name.isEmpty()) {
            problem(line, "names no picture");
        } else if (caption.isBlank()) {
            problem(line, "has an empty caption for " + name);
        } else if (captions.containsKey(name)) {
            problem(line, "is a second row for " + name);
        } else {
            captions.put(name, caption.strip());
        }
    }

    private void problem(int line, String reason) {
        problems.add(new Problem(source + " line " + line, reason));
    }

    private static String value(JsonNode object, Set<String> names) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (names.contains(field.getKey().toLowerCase(Locale.ROOT))
                    && field.getValue().isTextual()) {
                return field.getValue().textValue();
            }
        }
        return "";
    }

    private static int indexOfAny(List<String> header, Set<String> names) {
        for (int i = 0; i < header.size(); i++) {
            if (names.contains(header.get(i))) {
                return i;
            }
        }
        return -1;
    }
}
