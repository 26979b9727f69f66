package org.loraspark.cluster.caption;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.loraspark.UserError;
import org.loraspark.data.CsvField;
import org.loraspark.io.AtomicFiles;

/** The forms of a caption file, told by its ending. The first two are what {@code train} reads. */
enum CaptionFormat {
    /** {@code filename.jpg,"caption"}, without a header. */
    CSV,
    /** {@code {"file_name": "filename.jpg", "text": "caption"}} on each line. */
    JSONL,
    /** A folder of Parquet files with the same two columns. */
    PARQUET;

    private static final StructType SCHEMA =
            new StructType().add("file_name", DataTypes.StringType, false).add("text", DataTypes.StringType, false);
    private static final ObjectMapper JSON = new ObjectMapper();

    static CaptionFormat of(String output) {
        String name = output.toLowerCase(Locale.ROOT);
        for (CaptionFormat format : values()) {
            if (name.endsWith("." + format.name().toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        throw new UserError("--output " + output + " must end in .csv, .jsonl or .parquet");
    }

    /** Replaces what is there. */
    void write(Path target, List<CaptionLine> lines, SparkSession spark, Configuration conf) {
        switch (this) {
            case CSV ->
                AtomicFiles.write(target, conf, out -> {
                    for (CaptionLine line : lines) {
                        write(out, CsvField.of(line.name()) + "," + CsvField.quoted(line.caption()));
                    }
                });
            case JSONL ->
                AtomicFiles.write(target, conf, out -> {
                    for (CaptionLine line : lines) {
                        write(out, json(line));
                    }
                });
            case PARQUET ->
                AtomicFiles.writeFolder(
                        target,
                        conf,
                        folder -> spark.createDataFrame(
                                        lines.stream()
                                                .map(line -> RowFactory.create(line.name(), line.caption()))
                                                .toList(),
                                        SCHEMA)
                                .coalesce(1)
                                .write()
                                .mode("overwrite")
                                .parquet(folder.toString()));
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
    }

    private static String json(CaptionLine line) throws JsonProcessingException {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("file_name", line.name());
        row.put("text", line.caption());
        return JSON.writeValueAsString(row);
    }
}
