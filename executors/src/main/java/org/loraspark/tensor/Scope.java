package org.loraspark.tensor;

/**
 * Owns every tensor that its engine makes while it is the innermost open scope, and returns their memory to the
 * engine's pool when it closes. Scopes nest and close in reverse order.
 */
public interface Scope extends AutoCloseable {
    /** Hands a tensor of this scope to the scope around it, and returns it. */
    Tensor keep(Tensor tensor);

    /** Returns a tensor's memory at once; the tensor must be of this scope or of one inside which it is the innermost. */
    void release(Tensor tensor);

    @Override
    void close();
}
