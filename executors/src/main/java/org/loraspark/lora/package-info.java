/** What is trained: the named A/B pairs, the adapter on a layer, merging. May use {@code nn}, {@code grad}, {@code tensor}. */
package org.loraspark.lora;
