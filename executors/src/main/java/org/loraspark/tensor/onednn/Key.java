package org.loraspark.tensor.onednn;

import java.util.Arrays;

/** What tells one compiled operation from another: its kind and every number that its code depends on. */
final class Key {
    private final String kind;
    private final long[] numbers;
    private final int hash;

    private Key(String kind, long[] numbers) {
        this.kind = kind;
        this.numbers = numbers;
        this.hash = 31 * kind.hashCode() + Arrays.hashCode(numbers);
    }

    static Key of(String kind, long... numbers) {
        return new Key(kind, numbers);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Key k && k.hash == hash && k.kind.equals(kind) && Arrays.equals(k.numbers, numbers);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return kind + Arrays.toString(numbers);
    }
}
