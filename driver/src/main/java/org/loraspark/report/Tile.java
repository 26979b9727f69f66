package org.loraspark.report;

/**
 * A figure that is read first.
 *
 * @param from what it was before; empty when it has no before
 */
record Tile(String label, String from, String value, String note) {}
