package org.loraspark.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import org.apache.hadoop.fs.Path;

/** {@code include "other.conf"}: beside the including file, on any Hadoop path; a missing file is an error. */
record HoconIncludes(String including) implements ConfigIncluder {
    static ConfigParseOptions options(String file) {
        return ConfigParseOptions.defaults().setOriginDescription(file).setIncluder(new HoconIncludes(file));
    }

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
        return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
        Path folder = new Path(including).getParent();
        String file = folder == null ? what : new Path(folder, what).toString();
        return ConfigFactory.parseString(ConfigFile.read(file), options(file)).root();
    }
}
