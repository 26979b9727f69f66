package org.loraspark.cluster.caption;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.data.PerceptualHash;

/**
 * Pictures that look the same. Each picture joins the first earlier one that it is near to, so that likeness is not
 * handed on from picture to picture. Two hashes that differ in at most k of 64 bits agree in at least one of k + 1
 * pieces, so only pictures that share a piece are compared.
 */
final class DuplicateGroups {
    private static final int PIECES = PerceptualHash.NEAR_BITS + 1;

    private final List<Map<Long, List<Integer>>> leadersByPiece = new ArrayList<>();
    private final List<PerceptualHash> leaders = new ArrayList<>();
    private final List<List<String>> groups = new ArrayList<>();

    private DuplicateGroups() {
        for (int piece = 0; piece < PIECES; piece++) {
            leadersByPiece.add(new HashMap<>());
        }
    }

    /**
     * Groups of two and more, each in the order of {@code looks}.
     *
     * @param looks perceptual hashes by picture, in the pictures' order
     */
    static List<List<String>> of(Map<String, PerceptualHash> looks) {
        DuplicateGroups duplicates = new DuplicateGroups();
        looks.forEach(duplicates::add);
        return duplicates.groups.stream().filter(group -> group.size() > 1).toList();
    }

    private void add(String name, PerceptualHash look) {
        int first = Integer.MAX_VALUE;
        for (int piece = 0; piece < PIECES; piece++) {
            for (int leader : leadersByPiece.get(piece).getOrDefault(bits(look, piece), List.of())) {
                if (leader < first && leaders.get(leader).isNear(look)) {
                    first = leader;
                }
            }
        }
        if (first < Integer.MAX_VALUE) {
            groups.get(first).add(name);
            return;
        }
        for (int piece = 0; piece < PIECES; piece++) {
            leadersByPiece
                    .get(piece)
                    .computeIfAbsent(bits(look, piece), bits -> new ArrayList<>())
                    .add(leaders.size());
        }
        leaders.add(look);
        groups.add(new ArrayList<>(List.of(name)));
    }

    private static long bits(PerceptualHash look, int piece) {
        int from = 64 * piece / PIECES;
        int to = 64 * (piece + 1) / PIECES;
        return look.structure() << (64 - to) >>> (64 - to + from);
    }
}
