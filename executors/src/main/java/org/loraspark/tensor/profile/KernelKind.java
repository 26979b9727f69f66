package org.loraspark.tensor.profile;

/** What a kernel is for, in the words of a report. */
public enum KernelKind {
    CONV("conv"),
    LINEAR("linear"),
    ATTENTION("attention"),
    NORM("norm"),
    ELEMENT_WISE("element-wise"),
    LORA("LoRA"),
    OPTIMIZER("optimizer"),
    OTHER("other");

    private final String title;

    KernelKind(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}
