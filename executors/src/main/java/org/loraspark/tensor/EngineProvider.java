package org.loraspark.tensor;

/** Finds and opens one kind of engine; looked up with {@link java.util.ServiceLoader}. */
public interface EngineProvider {
    /** The name in the config: {@code nd4j}, {@code onednn}. */
    String name();

    /** Higher is tried first by {@code engine = auto}. */
    int priority();

    /** Whether the engine works in this process, and what it runs on or why it cannot. Never throws. */
    Availability availability();

    /** @throws org.loraspark.UserError when it is not available or cannot work with the options */
    Engine open(EngineOptions options);

    /**
     * @param available whether {@link #open} will work
     * @param detail one sentence for people: the device and library, or the reason and the way out
     */
    record Availability(boolean available, String detail) {}
}
