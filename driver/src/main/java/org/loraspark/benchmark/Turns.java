package org.loraspark.benchmark;

/** When a piece of work may go on: it waits for its turn, makes one step, and says that it is done. */
interface Turns {
    /** There are no more turns; thrown out of the work, whatever loop of the product it is in. */
    final class Over extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Over() {
            super("no more turns", null, false, false);
        }
    }

    /** @throws Over when there are no more */
    void await();

    void done();
}
