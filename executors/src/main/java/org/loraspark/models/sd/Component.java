package org.loraspark.models.sd;

/** The three networks of a Stable Diffusion checkpoint. */
enum Component {
    UNET("unet", "UNet"),
    TEXT_ENCODER("text_encoder", "text encoder"),
    VAE("vae", "VAE");

    private final String folder;
    private final String title;

    Component(String folder, String title) {
        this.folder = folder;
        this.title = title;
    }

    /** Name of its folder in diffusers' layout, and of the model before its layers' names. */
    String folder() {
        return folder;
    }

    String title() {
        return title;
    }
}
