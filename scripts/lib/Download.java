import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code java Download.java URL FILE}, for machines that have neither curl nor wget. */
final class Download {
    public static void main(String[] args) {
        try (InputStream in = URI.create(args[0]).toURL().openStream()) {
            Files.copy(in, Path.of(args[1]));
        } catch (IOException e) {
            System.err.println(e);
            System.exit(1);
        }
    }
}
