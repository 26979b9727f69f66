package org.loraspark.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What several captioners say of a picture, in their order, joined with {@code ", "}. */
public final class JoinedCaptioner implements Captioner {
    private final List<Captioner> captioners;

    /** Closes them with itself. */
    public JoinedCaptioner(List<Captioner> captioners) {
        this.captioners = List.copyOf(captioners);
    }

    @Override
    public List<String> describe(List<CaptionRequest> pictures) {
        List<List<String>> said = new ArrayList<>();
        captioners.forEach(captioner -> said.add(captioner.describe(pictures)));
        return IntStream.range(0, pictures.size())
                .mapToObj(i -> said.stream()
                        .map(captions -> captions.get(i))
                        .filter(caption -> !caption.isBlank())
                        .collect(Collectors.joining(", ")))
                .toList();
    }

    @Override
    public void close() {
        captioners.forEach(Captioner::close);
    }
}
