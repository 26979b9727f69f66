/**
 * The engine for x86 CPUs: oneDNN 3 in bf16 or fp32 on ND4J's memory. May use {@code tensor} and {@code tensor.nd4j}'s
 * pool.
 */
package org.loraspark.tensor.onednn;
