package org.loraspark.config;

import com.typesafe.config.ConfigOrigin;

/** Where a value was read, for messages: {@code my.conf:12} or {@code --set lora.rank}. */
final class Origins {
    private Origins() {}

    static String describe(ConfigOrigin origin) {
        int line = origin.lineNumber();
        if (line < 1) {
            return origin.description();
        }
        String file = origin.description().replaceFirst(": \\d+$", "");
        return file + ":" + line;
    }
}
