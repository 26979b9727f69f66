import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Opens a report in headless Chromium, which has to be installed, over its DevTools protocol: no error on the console, no
 * request but for the file, every picture shown, sorting by click and by key, no sideways scrolling on a phone. With a
 * folder it leaves pictures of the page there, light, dark and as wide as a phone, and the printed page.
 *
 * <p>java scripts/lib/CheckReport.java REPORT.html [FOLDER]; CHROMIUM names another program than "chromium".
 */
public final class CheckReport {
    /** Pictures may wait until they are scrolled to, or until the part that holds them is opened. */
    private static final String PICTURES = """
            (async () => {
              const pause = millis => new Promise(done => setTimeout(done, millis));
              const closed = [...document.querySelectorAll('details:not([open])')];
              closed.forEach(details => details.open = true);
              for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
                scrollTo(0, y);
                await pause(50);
              }
              const missing = () => [...document.images].filter(i => !i.complete || i.naturalWidth == 0).length;
              for (let tries = 0; missing() > 0 && tries < 50; tries++) await pause(100);
              closed.forEach(details => details.open = false);
              scrollTo(0, 0);
              return missing() + ' of ' + document.images.length;
            })()""";
    private static final String SORTS = """
            (() => {
              const table = document.querySelector('table[data-sortable]');
              if (!table) return 'no table';
              for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
                const button = head.querySelector('button');
                for (const order of ['first', 'second']) {
                  button.click();
                  const sort = head.getAttribute('aria-sort');
                  if (!['ascending', 'descending'].includes(sort)) return 'no aria-sort on ' + head.textContent;
                  if (table.querySelectorAll('[aria-sort]').length != 1) return 'two aria-sorts';
                  const values = [...table.tBodies[0].rows]
                    .map(r => r.cells[column].dataset.value ?? r.cells[column].textContent.trim()).filter(v => v !== '');
                  const numbers = values.every(v => !isNaN(v));
                  for (let i = 1; i < values.length; i++) {
                    const d = numbers ? values[i] - values[i - 1] : values[i].localeCompare(values[i - 1], undefined, {numeric: true});
                    if (sort == 'ascending' ? d < 0 : d > 0) return 'not sorted by ' + head.textContent;
                  }
                }
              }
              table.querySelector('thead button').focus();
              return 'sorted';
            })()""";

    private final WebSocket socket;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final List<String> events = new ArrayList<>();
    private int id;

    private CheckReport(String address) {
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(address), new Messages(messages))
                .join();
    }

    private record Messages(BlockingQueue<String> whole, StringBuilder part) implements WebSocket.Listener {
        Messages(BlockingQueue<String> whole) {
            this(whole, new StringBuilder());
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                whole.add(part.toString());
                part.setLength(0);
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 1) {
            System.err.println("usage: java scripts/lib/CheckReport.java REPORT.html [FOLDER]");
            System.exit(2);
        }
        Path page = Path.of(args[0]).toAbsolutePath();
        if (!Files.isRegularFile(page)) {
            System.err.println("there is no " + page);
            System.exit(2);
        }
        Path profile = Files.createTempDirectory("report");
        Process browser = new ProcessBuilder(
                        System.getenv().getOrDefault("CHROMIUM", "chromium"),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("log").toFile())
                .start();
        try {
            CheckReport check = new CheckReport(address(profile, browser));
            List<String> problems = check.run(page, args.length > 1 ? Path.of(args[1]) : null);
            problems.forEach(System.err::println);
            System.out.println((problems.isEmpty() ? "as it should be: " : "NOT as it should be: ") + page);
            System.exit(problems.isEmpty() ? 0 : 1);
        } finally {
            browser.descendants().forEach(ProcessHandle::destroy);
            browser.destroy();
        }
    }

    private List<String> run(Path page, Path pictures) throws Exception {
        send("Page.enable", "");
        send("Runtime.enable", "");
        send("Log.enable", "");
        send("Network.enable", "");
        send("Emulation.setFocusEmulationEnabled", "\"enabled\":true");
        width(1200, 900);
        open(page);
        List<String> problems = new ArrayList<>();
        expect("0 of \\d+", evaluate(PICTURES), "pictures that are not shown", problems);
        expect("no table|sorted", evaluate(SORTS), "sorting", problems);
        if (evaluate(SORTS).equals("sorted")) {
            String sort = "document.querySelector('table[data-sortable] th').getAttribute('aria-sort')";
            String before = evaluate(sort);
            String enter = "\"key\":\"Enter\",\"code\":\"Enter\",\"windowsVirtualKeyCode\":13,\"text\":\"\\r\"";
            send("Input.dispatchKeyEvent", "\"type\":\"keyDown\"," + enter);
            send("Input.dispatchKeyEvent", "\"type\":\"keyUp\"," + enter);
            // The key's click follows when the page gets to it.
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (evaluate(sort).equals(before) && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            if (evaluate(sort).equals(before)) {
                problems.add("the Enter key does not sort");
            }
        }
        for (int width : new int[] {1200, 768, 390, 320}) {
            width(width, 900);
            expect("true", evaluate("document.documentElement.scrollWidth <= innerWidth"), width + " wide: fits", problems);
        }
        if (pictures != null) {
            Files.createDirectories(pictures);
            // As it is when somebody opens it, without what was clicked.
            open(page);
            shoot(pictures.resolve("light.png"), 1200, "light");
            shoot(pictures.resolve("dark.png"), 1200, "dark");
            shoot(pictures.resolve("phone.png"), 390, "light");
            String pdf = send("Page.printToPDF", "\"printBackground\":false");
            Files.write(pictures.resolve("print.pdf"), Base64.getDecoder().decode(field("data", pdf)));
        }
        for (String event : events) {
            boolean error = event.contains("Runtime.exceptionThrown")
                    || event.contains("Log.entryAdded") && event.contains("\"level\":\"error\"")
                    || event.contains("Runtime.consoleAPICalled") && event.contains("\"type\":\"error\"");
            boolean request = event.contains("Network.requestWillBeSent\"")
                    && !event.contains("\"url\":\"data:")
                    && !event.contains("\"url\":\"" + page.toUri());
            if (error || request) {
                problems.add(event.substring(0, Math.min(500, event.length())));
            }
        }
        return problems;
    }

    private void open(Path page) throws Exception {
        send("Page.navigate", "\"url\":\"" + page.toUri() + "\"");
        String event = "";
        while (!event.contains("Page.loadEventFired")) {
            event = next();
            events.add(event);
        }
    }

    private void shoot(Path file, int width, String scheme) throws Exception {
        send(
                "Emulation.setEmulatedMedia",
                "\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]");
        width(width, 900);
        width(width, (int) Double.parseDouble(evaluate("document.documentElement.scrollHeight")));
        evaluate(PICTURES);
        String png = send("Page.captureScreenshot", "\"format\":\"png\"");
        Files.write(file, Base64.getDecoder().decode(field("data", png)));
    }

    private void width(int width, int height) throws Exception {
        send(
                "Emulation.setDeviceMetricsOverride",
                "\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":1,\"mobile\":" + (width < 500));
    }

    private static void expect(String pattern, String seen, String what, List<String> problems) {
        if (!seen.matches(pattern)) {
            problems.add(what + ": " + seen);
        }
    }

    private String evaluate(String script) throws Exception {
        String quoted = "Promise.resolve(" + script + ").then(value => '' + value)";
        StringBuilder json = new StringBuilder();
        for (char c : quoted.toCharArray()) {
            json.append(c == '"' || c == '\\' ? "\\" + c : c == '\n' ? "\\n" : String.valueOf(c));
        }
        String answer = send("Runtime.evaluate", "\"awaitPromise\":true,\"expression\":\"" + json + "\"");
        return answer.contains("exceptionDetails") ? answer : field("value", answer);
    }

    private String send(String method, String parameters) throws Exception {
        int own = ++id;
        socket.sendText(
                        "{\"id\":" + own + ",\"method\":\"" + method + "\",\"params\":{" + parameters + "}}", true)
                .join();
        while (true) {
            String message = next();
            if (message.startsWith("{\"id\":" + own + ",")) {
                return message;
            }
            events.add(message);
        }
    }

    private String next() throws Exception {
        String message = messages.poll(60, TimeUnit.SECONDS);
        if (message == null) {
            throw new IOException("the browser does not answer");
        }
        return message;
    }

    private static String field(String name, String json) {
        Matcher field = Pattern.compile("\"" + name + "\":\"?([^\"}]*)").matcher(json);
        return field.find() ? field.group(1) : json;
    }

    /** The first tab's; the browser writes its port into the profile's folder once it listens. */
    private static String address(Path profile, Process browser) throws Exception {
        Path port = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(port) || Files.size(port) == 0) {
            if (!browser.isAlive() || System.nanoTime() > end) {
                throw new IOException("Chromium did not start: " + Files.readString(profile.resolve("log")));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        String number = Files.readAllLines(port).get(0);
        String tabs = new String(
                URI.create("http://127.0.0.1:" + number + "/json/list").toURL().openStream().readAllBytes(),
                StandardCharsets.UTF_8);
        Matcher tab = Pattern.compile("\"type\": \"page\".*?\"webSocketDebuggerUrl\": \"([^\"]+)\"", Pattern.DOTALL)
                .matcher(tabs);
        if (!tab.find()) {
            throw new IOException("the browser has no tab: " + tabs);
        }
        return tab.group(1);
    }
}
