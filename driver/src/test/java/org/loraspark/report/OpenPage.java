package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.htmlunit.BrowserVersion;
import org.htmlunit.ScriptException;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.DomNode;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.javascript.SilentJavaScriptErrorListener;

/** A report in a browser without a window, which notes what goes wrong in the page's script. */
final class OpenPage implements AutoCloseable {
    private final WebClient browser = new WebClient(BrowserVersion.CHROME);
    private final List<String> errors = new ArrayList<>();
    private final HtmlPage page;

    OpenPage(Path file) {
        browser.getOptions().setThrowExceptionOnScriptError(false);
        browser.setCssErrorHandler(new org.htmlunit.SilentCssErrorHandler());
        browser.setJavaScriptErrorListener(new SilentJavaScriptErrorListener() {
            @Override
            public void scriptException(HtmlPage source, ScriptException e) {
                errors.add(e.getMessage());
            }
        });
        try {
            page = browser.getPage(file.toUri().toURL());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing but the file itself is needed, pictures are whole, and the script ran. */
    OpenPage isSelfContained() {
        assertThat(errors).isEmpty();
        for (DomNode node : page.querySelectorAll("[src], [href]")) {
            DomElement element = (DomElement) node;
            String link = element.hasAttribute("src") ? element.getAttribute("src") : element.getAttribute("href");
            assertThat(link).matches("(?s)(data:|#).*");
        }
        for (DomNode node : page.querySelectorAll("img")) {
            assertThat(((DomElement) node).getAttribute("src")).startsWith("data:image/webp;base64,UklGR");
            assertThat(((DomElement) node).hasAttribute("alt")).isTrue();
        }
        assertThat(source()).doesNotContain("{{").doesNotContain("@import").doesNotContain("url(http");
        return this;
    }

    int count(String selector) {
        return page.querySelectorAll(selector).size();
    }

    String text(String selector) {
        return page.querySelector(selector).asNormalizedText();
    }

    List<String> texts(String selector) {
        return page.querySelectorAll(selector).stream()
                .map(DomNode::asNormalizedText)
                .toList();
    }

    DomElement element(String selector) {
        return page.querySelector(selector);
    }

    void click(String selector) {
        try {
            element(selector).click();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String source() {
        return page.getWebResponse().getContentAsString();
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        browser.close();
    }
}
