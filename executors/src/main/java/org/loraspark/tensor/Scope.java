package org.loraspark.tensor;

/**
 * Owns every tensor that its engine makes while it is the innermost open scope, and returns their memory to the
 * engine's pool when it closes. Scopes nest and close in reverse order.
 */
public interface Scope extends AutoCloseable {
    /** Hands a tensor of this scope, or a reshaped view of one, to the scope around it, and returns it. */
    Tensor keep(Tensor tensor);

    /** Returns the memory of a tensor of this scope, or of a reshaped view of one, at once. */
    void release(Tensor tensor);

    @Override
    void close();
}
