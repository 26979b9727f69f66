package org.loraspark.cluster;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.loraspark.data.LatentMoments;
import org.loraspark.io.Storage;

/**
 * Encoded pictures kept between runs: Parquet files under the work folder, one sub-folder for each VAE and size. Rows
 * are found by content, so a changed picture is another row and an unchanged one is never encoded twice. Part files are
 * written under a hidden folder and moved in whole; two runs that add the same picture leave two equal rows.
 */
final class LatentCache {
    private static final StructType SCHEMA = new StructType()
            .add("key", DataTypes.StringType, false)
            .add("height", DataTypes.IntegerType, false)
            .add("width", DataTypes.IntegerType, false)
            .add("moments", DataTypes.BinaryType, false)
            .add("flipped", DataTypes.BinaryType, true);

    /**
     * A row.
     *
     * @param key content of the picture and of everything that its latents depend on
     * @param flipped of the mirrored picture; null where it is not wanted
     */
    record Entry(String key, LatentMoments moments, LatentMoments flipped) implements Serializable {}

    private final SparkSession spark;
    private final Path folder;
    private final Configuration conf;

    LatentCache(SparkSession spark, Path workDir, EncodeSettings settings, Configuration conf) {
        this.spark = spark;
        this.folder = new Path(workDir, settings.folderName());
        this.conf = conf;
    }

    Set<String> keys() {
        return isEmpty()
                ? Set.of()
                : new HashSet<>(rows().select("key")
                        .toJavaRDD()
                        .map(row -> row.getString(0))
                        .collect());
    }

    /** The rows of some keys, each once. */
    JavaRDD<Entry> read(Set<String> keys) {
        JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
        if (keys.isEmpty() || isEmpty()) {
            return context.emptyRDD();
        }
        var wanted = context.broadcast(new HashSet<>(keys));
        return rows().toJavaRDD()
                .filter(row -> wanted.value().contains(row.getString(0)))
                .mapToPair(row -> new scala.Tuple2<>(row.getString(0), entry(row)))
                .reduceByKey((a, b) -> a)
                .values();
    }

    void append(JavaRDD<Entry> entries) {
        Path temporary = new Path(folder, ".tmp-" + UUID.randomUUID());
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        try {
            spark.createDataFrame(entries.map(LatentCache::row), SCHEMA)
                    .write()
                    .option("compression", "none")
                    .parquet(temporary.toString());
            String prefix = UUID.randomUUID().toString().substring(0, 8);
            for (FileStatus file : fileSystem.listStatus(temporary)) {
                String name = file.getPath().getName();
                if (name.startsWith("part-")
                        && !fileSystem.rename(file.getPath(), new Path(folder, prefix + "-" + name))) {
                    throw new IOException("cannot move " + file.getPath() + " into " + folder);
                }
            }
            fileSystem.delete(temporary, true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the encoded pictures to " + folder, e);
        }
    }

    private Dataset<Row> rows() {
        return spark.read().schema(SCHEMA).parquet(folder.toString());
    }

    private boolean isEmpty() {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        try {
            return !fileSystem.exists(folder)
                    || Arrays.stream(fileSystem.listStatus(folder))
                            .noneMatch(file -> file.getPath().getName().endsWith(".parquet"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the encoded pictures in " + folder, e);
        }
    }

    private static Row row(Entry entry) {
        LatentMoments moments = entry.moments();
        return RowFactory.create(
                entry.key(),
                moments.height(),
                moments.width(),
                moments.toBytes(),
                entry.flipped() == null ? null : entry.flipped().toBytes());
    }

    private static Entry entry(Row row) {
        int height = row.getInt(1);
        int width = row.getInt(2);
        byte[] flipped = row.getAs(4);
        return new Entry(
                row.getString(0),
                LatentMoments.fromBytes(height, width, row.getAs(3)),
                flipped == null ? null : LatentMoments.fromBytes(height, width, flipped));
    }
}
