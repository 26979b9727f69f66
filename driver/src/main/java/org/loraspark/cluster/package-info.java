/** Spark jobs: encoding, rounds of training, averaging, checkpoints. */
package org.loraspark.cluster;
