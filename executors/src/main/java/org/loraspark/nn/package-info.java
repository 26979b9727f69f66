/** Layers named as the field names them, each a frozen weight and a forward. May use {@code grad} and {@code tensor}. */
package org.loraspark.nn;
