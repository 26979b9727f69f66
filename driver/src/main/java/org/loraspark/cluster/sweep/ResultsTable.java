package org.loraspark.cluster.sweep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.loraspark.data.CsvField;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/** {@code results.csv} and {@code results.parquet}: a row for each run, what it came to and every config key. */
public final class ResultsTable {
    private ResultsTable() {}

    public static void writeCsv(Path file, Configuration conf, List<RunResult> results) {
        StringBuilder text = new StringBuilder();
        text.append(String.join(",", columns(results.get(0)).keySet())).append('\n');
        for (RunResult result : results) {
            text.append(columns(result).values().stream()
                            .map(ResultsTable::cell)
                            .collect(Collectors.joining(",")))
                    .append('\n');
        }
        AtomicFiles.write(file, conf, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** One file, as other programs like it, and not Spark's folder. */
    public static void writeParquet(Path file, SparkSession spark, Configuration conf, List<RunResult> results) {
        List<Map<String, Object>> rows =
                results.stream().map(ResultsTable::columns).toList();
        StructType schema = new StructType();
        for (String column : rows.get(0).keySet()) {
            schema = schema.add(column, type(rows, column), true);
        }
        List<Row> values = rows.stream()
                .map(row -> RowFactory.create(
                        row.values().stream().map(ResultsTable::plain).toArray()))
                .toList();
        FileSystem fileSystem = Storage.fileSystem(file, conf);
        Path temporary = new Path(file.getParent(), ".results-" + UUID.randomUUID());
        try {
            spark.createDataFrame(values, schema).coalesce(1).write().parquet(temporary.toString());
            for (FileStatus part : fileSystem.listStatus(temporary)) {
                if (part.getPath().getName().startsWith("part-")) {
                    try (var in = fileSystem.open(part.getPath())) {
                        byte[] bytes = in.readAllBytes();
                        AtomicFiles.write(file, conf, bytes);
                    }
                }
            }
            fileSystem.delete(temporary, true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static Map<String, Object> columns(RunResult run) {
        Map<String, Object> columns = new LinkedHashMap<>();
        columns.put("run", run.name());
        columns.put("state", run.status().name().toLowerCase(java.util.Locale.ROOT));
        columns.put("reason", run.reason());
        columns.put("loss", run.loss());
        columns.put("validation_loss", run.validationLoss());
        columns.put("pictures_per_second", run.samplesPerSecond());
        columns.put("seconds", run.seconds());
        columns.put("memory_bytes", run.memoryBytes());
        columns.put("adapter_bytes", run.adapterBytes());
        columns.put("steps", run.steps());
        columns.put("rounds", run.rounds());
        columns.put("adapter", run.adapter());
        columns.putAll(run.config());
        return columns;
    }

    private static DataType type(List<Map<String, Object>> rows, String column) {
        List<Object> values = new ArrayList<>();
        rows.forEach(row -> {
            if (row.get(column) != null) {
                values.add(plain(row.get(column)));
            }
        });
        if (column.endsWith("loss") || column.endsWith("second") || column.equals("seconds")) {
            return DataTypes.DoubleType;
        }
        if (column.endsWith("_bytes")) {
            return DataTypes.LongType;
        }
        Object value = values.isEmpty() ? "" : values.get(0);
        return value instanceof Long
                ? DataTypes.LongType
                : value instanceof Double
                        ? DataTypes.DoubleType
                        : value instanceof Boolean ? DataTypes.BooleanType : DataTypes.StringType;
    }

    private static Object plain(Object value) {
        return value instanceof Integer whole
                ? (Object) whole.longValue()
                : value instanceof List<?> ? value.toString() : value;
    }

    /** On one line, whatever a reason says. */
    private static String cell(Object value) {
        return value == null ? "" : CsvField.of(String.valueOf(value).replaceAll("[\r\n]+", " "));
    }
}
