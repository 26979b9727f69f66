package org.loraspark.cli;

/** A command whose work can go on after it was stopped. */
interface Resumable {
    /** How, as half a sentence; empty when nothing was done yet. */
    String goesOn();
}
