package org.loraspark.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A process that obeys like the Python side: every step takes 100 seconds by its own account, its peak is 3 GiB. */
final class FakePeer {
    private FakePeer() {}

    /** @param args with {@code --broken} it ends at the first step */
    public static void main(String[] args) throws IOException {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready {\"arguments\": \"" + String.join(" ", args) + "\"}");
        for (String order = orders.readLine(); order != null && !order.equals("quit"); order = orders.readLine()) {
            if (Arrays.asList(args).contains("--broken")) {
                System.err.println("RuntimeError: out of memory");
                System.exit(7);
            }
            System.out.println(order.equals("step") || order.equals("alone") ? "step 100.0" : "peak " + (3L << 30));
        }
    }
}
