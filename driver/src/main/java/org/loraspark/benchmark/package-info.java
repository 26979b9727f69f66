/**
 * How fast the product's own steps are on this machine, beside those of another trainer: each case runs in a process of
 * its own, and the processes take turns. It may use the cluster's worker process, and is used by the command line.
 */
package org.loraspark.benchmark;
