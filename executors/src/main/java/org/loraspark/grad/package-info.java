/** Reverse-mode differentiation as a tape over an engine. May use {@code tensor}. */
package org.loraspark.grad;
