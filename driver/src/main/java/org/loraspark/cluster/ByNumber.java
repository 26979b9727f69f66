package org.loraspark.cluster;

import org.apache.spark.Partitioner;

/** Puts a record whose key is an integer into the partition of that number. */
final class ByNumber extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int partitions;

    ByNumber(int partitions) {
        this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
        return partitions;
    }

    @Override
    public int getPartition(Object key) {
        return (Integer) key;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByNumber that && partitions == that.partitions;
    }

    @Override
    public int hashCode() {
        return partitions;
    }
}
