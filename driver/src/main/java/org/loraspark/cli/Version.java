package org.loraspark.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that Maven wrote into the jar. */
final class Version implements IVersionProvider {
    private static final String RESOURCE = "/META-INF/maven/org.loraspark/lora-spark-driver/pom.properties";

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {"lora-spark " + number()};
    }

    private static String number() throws IOException {
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                return "(development build)";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        }
    }
}
