/** BLIP, which describes pictures: vision tower and text decoder. May use {@code nn} and {@code io}. */
package org.loraspark.models.blip;
