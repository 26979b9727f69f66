/** What uses a trained model: samplers and previews. May use all rooms above it. */
package org.loraspark.infer;
