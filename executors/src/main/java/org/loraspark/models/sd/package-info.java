/** Stable Diffusion 1.x: text encoder, UNet, VAE, noise schedule. May use {@code nn}, {@code lora}, {@code io}. */
package org.loraspark.models.sd;
