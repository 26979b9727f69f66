package org.loraspark.cluster.caption;

/** What becomes of captions that pictures have already. */
public enum ExistingCaptions {
    /** They stay, and their pictures are not opened. */
    KEEP,
    /** They are not looked at. */
    OVERWRITE,
    /** They stay, and what the model says follows them. */
    APPEND
}
