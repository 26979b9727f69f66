package org.loraspark.tensor.nd4j;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/** The blocks that were taken from the pool while this scope was the innermost. */
public final class NdScope implements Scope {
    final NdScope parent;
    private final Memory memory;
    private final List<Block> blocks = new ArrayList<>();
    private boolean open = true;

    NdScope(Memory memory, NdScope parent) {
        this.memory = memory;
        this.parent = parent;
    }

    @Override
    public Tensor keep(Tensor tensor) {
        Block block = ((NdTensor) tensor).block;
        if (block.owner == this && parent != null) {
            remove(block);
            parent.add(block);
        }
        return tensor;
    }

    @Override
    public void release(Tensor tensor) {
        memory.release(((NdTensor) tensor).block);
    }

    @Override
    public void close() {
        if (open) {
            memory.leave(this);
            open = false;
            for (int i = blocks.size() - 1; i >= 0; i--) {
                memory.pool(blocks.get(i));
            }
            blocks.clear();
        }
    }

    void add(Block block) {
        block.owner = this;
        block.index = blocks.size();
        blocks.add(block);
    }

    void remove(Block block) {
        Block last = blocks.remove(blocks.size() - 1);
        if (last != block) {
            blocks.set(block.index, last);
            last.index = block.index;
        }
        block.owner = null;
    }

    /** Frees the native memory instead of pooling it. */
    void free() {
        for (Block block : blocks) {
            memory.free(block);
        }
        blocks.clear();
    }
}
