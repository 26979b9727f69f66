/** File formats of other people: safetensors, LoRA dialects, images, TensorBoard events. May use {@code tensor} and {@code lora}. */
package org.loraspark.io;
