package org.loraspark.tensor;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.loraspark.UserError;

/** The engines on the class path. */
public final class Engines {
    static {
        NativeLimits.lift();
    }

    private Engines() {}

    /** All providers, the preferred one first. */
    public static List<EngineProvider> providers() {
        return ServiceLoader.load(EngineProvider.class, Engines.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(EngineProvider::priority)
                        .reversed()
                        .thenComparing(EngineProvider::name))
                .toList();
    }

    /**
     * @param name an engine's name, or {@code auto} for the first one that works here
     * @throws UserError when the name is unknown or nothing works, with each engine's reason
     */
    public static EngineProvider provider(String name) {
        List<EngineProvider> all = providers();
        List<EngineProvider> named = name.equals("auto")
                ? all
                : all.stream().filter(p -> p.name().equals(name)).toList();
        if (named.isEmpty()) {
            throw new UserError("unknown engine '" + name + "'; known: auto, "
                    + all.stream().map(EngineProvider::name).collect(Collectors.joining(", ")));
        }
        return named.stream()
                .filter(p -> p.availability().available())
                .findFirst()
                .orElseThrow(() -> new UserError("no engine works here: "
                        + named.stream()
                                .map(p -> p.name() + ": " + p.availability().detail())
                                .collect(Collectors.joining("; "))));
    }

    /** Why {@code auto} took no better engine than the named one, a line for each that does not work here. */
    public static List<String> passedOver(String name) {
        return providers().stream()
                .takeWhile(p -> !p.name().equals(name))
                .map(p -> Map.entry(p.name(), p.availability()))
                .filter(p -> !p.getValue().available())
                .map(p ->
                        "engine " + p.getKey() + " is not used: " + p.getValue().detail())
                .toList();
    }
}
