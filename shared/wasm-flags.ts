/**
 * V8 keeps a table of the code pages that it made; where WebAssembly is compiled and dropped it can lose an entry and end the
 * process ("jit_page_->allocations_.erase(addr) == 1", nodejs/node#64500). Code that is not collected before its module goes,
 * and pages without protection keys, leave that table alone.
 */
export const WASM_FLAGS = ['--no-wasm-code-gc', '--no-flush-liftoff-code', '--no-memory-protection-keys'] as const
