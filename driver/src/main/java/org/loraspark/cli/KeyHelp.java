package org.loraspark.cli;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.config.ConfigReference;
import picocli.CommandLine;

/** Lists the config's keys at the end of a command's help. */
final class KeyHelp {
    private static final String SECTION = "configKeys";

    private KeyHelp() {}

    static void addTo(CommandLine command) {
        command.getHelpSectionMap().put(SECTION, help -> text());
        List<String> sections = new ArrayList<>(command.getHelpSectionKeys());
        sections.add(SECTION);
        command.setHelpSectionKeys(sections);
    }

    private static String text() {
        StringBuilder text = new StringBuilder("\nConfig keys and their defaults:\n");
        for (ConfigReference.Key key : ConfigReference.list()) {
            text.append("  %s = %s%n      %s%n".formatted(key.name(), key.standard(), key.explanation()));
        }
        return text.toString();
    }
}
