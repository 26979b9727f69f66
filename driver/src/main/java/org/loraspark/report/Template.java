package org.loraspark.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pages from resource files, filled with records. The tags are a small part of Mustache's:
 *
 * <ul>
 *   <li><code>{{name}}</code>: the text, escaped for HTML; there is no unescaped form
 *   <li><code>{{#name}}…{{/name}}</code>: within each element, or within the value when it is there
 *   <li><code>{{?name}}…{{/name}}</code>: once when the value is there, which is: not null, false, 0 or empty
 *   <li><code>{{^name}}…{{/name}}</code>: once when it is not
 *   <li><code>{{>file}}</code>: another file of the same package or of this one
 * </ul>
 *
 * A name is looked up in the innermost element first; {@code .} is the element itself. An unknown name is an error.
 */
public final class Template {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern TAG = Pattern.compile("\\{\\{([#?^/>]?)\\s*([\\w.-]+)\\s*}}");

    private final List<Part> parts;

    private sealed interface Part permits Text, Value, Section {}

    private record Text(String text) implements Part {}

    private record Value(String name) implements Part {}

    private record Section(String name, String kind, List<Part> parts) implements Part {}

    private Template(List<Part> parts) {
        this.parts = parts;
    }

    static Template named(String file) {
        return of(Template.class, file);
    }

    /** @param owner in whose package the file is */
    public static Template of(Class<?> owner, String file) {
        Class<?> found = owner.getResource(file) == null ? Template.class : owner;
        return of(owner, file, resource(found, file));
    }

    /** @param file for messages */
    static Template of(String file, String source) {
        return of(Template.class, file, source);
    }

    private static Template of(Class<?> owner, String file, String source) {
        Matcher tags = TAG.matcher(source);
        Section page = new Section(file, "#", new ArrayList<>());
        Deque<Section> open = new ArrayDeque<>(List.of(page));
        int from = 0;
        while (tags.find()) {
            List<Part> parts = open.element().parts();
            parts.add(new Text(source.substring(from, tags.start())));
            from = tags.end();
            String name = tags.group(2);
            switch (tags.group(1)) {
                case "#", "?", "^" -> {
                    Section section = new Section(name, tags.group(1), new ArrayList<>());
                    parts.add(section);
                    open.push(section);
                }
                case "/" -> {
                    if (!open.pop().name().equals(name) || open.isEmpty()) {
                        throw new IllegalStateException(file + ": {{/" + name + "}} closes another section");
                    }
                }
                case ">" -> parts.addAll(of(owner, name).parts);
                default -> parts.add(new Value(name));
            }
        }
        if (open.size() != 1) {
            throw new IllegalStateException(file + ": " + open.element().name() + " is not closed");
        }
        page.parts().add(new Text(source.substring(from)));
        return new Template(page.parts());
    }

    /** @param model a record, its components being the names */
    public String fill(Object model) {
        StringBuilder page = new StringBuilder();
        Deque<JsonNode> scopes = new ArrayDeque<>();
        scopes.push(JSON.valueToTree(model));
        render(parts, scopes, page);
        return page.toString();
    }

    private static void render(List<Part> parts, Deque<JsonNode> scopes, StringBuilder page) {
        for (Part part : parts) {
            if (part instanceof Text text) {
                page.append(text.text());
            } else if (part instanceof Value value) {
                page.append(escaped(lookUp(value.name(), scopes).asText()));
            } else if (part instanceof Section section) {
                render(section, lookUp(section.name(), scopes), scopes, page);
            }
        }
    }

    private static void render(Section section, JsonNode node, Deque<JsonNode> scopes, StringBuilder page) {
        if (section.kind().equals("#") && node.isArray()) {
            node.forEach(element -> within(element, section, scopes, page));
        } else if (section.kind().equals("#") && there(node)) {
            within(node, section, scopes, page);
        } else if (section.kind().equals(there(node) ? "?" : "^")) {
            render(section.parts(), scopes, page);
        }
    }

    private static void within(JsonNode element, Section section, Deque<JsonNode> scopes, StringBuilder page) {
        scopes.push(element);
        render(section.parts(), scopes, page);
        scopes.pop();
    }

    private static boolean there(JsonNode node) {
        return switch (node.getNodeType()) {
            case NULL, MISSING -> false;
            case BOOLEAN -> node.booleanValue();
            case STRING -> !node.textValue().isEmpty();
            case NUMBER -> node.doubleValue() != 0;
            case ARRAY -> !node.isEmpty();
            default -> true;
        };
    }

    private static JsonNode lookUp(String name, Deque<JsonNode> scopes) {
        if (name.equals(".")) {
            return scopes.peek();
        }
        String[] path = name.split("\\.");
        for (JsonNode scope : scopes) {
            JsonNode found = scope.get(path[0]);
            for (int i = 1; i < path.length && found != null; i++) {
                found = found.get(path[i]);
            }
            if (found != null) {
                return found;
            }
        }
        throw new IllegalStateException("the page has no " + name);
    }

    static String escaped(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append(c);
            }
        }
        return safe.toString();
    }

    private static String resource(Class<?> owner, String file) {
        try (InputStream in = owner.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the page's " + file, e);
        }
    }
}
