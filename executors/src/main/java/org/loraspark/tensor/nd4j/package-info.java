/** The engine {@code nd4j}: every kernel on ND4J operations alone, so that it runs on nd4j-native and on nd4j-cuda. */
package org.loraspark.tensor.nd4j;
