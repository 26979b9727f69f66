/** From a path to a batch: captions, folders of pictures, caches. May use {@code io} and {@code tensor}. */
package org.loraspark.data;
