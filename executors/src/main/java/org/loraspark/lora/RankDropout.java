package org.loraspark.lora;

/** Which channels of the rank vector are dropped in one training step. */
public interface RankDropout {
    RankDropout NONE = new RankDropout() {
        @Override
        public boolean active() {
            return false;
        }

        @Override
        public float[] mask(int module, long rows, int rank) {
            throw new IllegalStateException("no dropout");
        }
    };

    boolean active();

    /**
     * @param module index in the layout
     * @param rows pixels or tokens of the whole batch, picture after picture
     * @return {@code [rows, rank]}: 0 for a dropped channel, 1 / (1 - p) for a kept one
     */
    float[] mask(int module, long rows, int rank);
}
