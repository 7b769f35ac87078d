/** The parts of WebAssembly's interface that kernels need; core has no platform's types, and its callers have different ones. */
interface Engine {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => CompiledKernel;
    readonly Instance: new (module: CompiledKernel) => { readonly exports: unknown };
  };
  atob(base64: string): string;
}

/** A compiled module without imports. */
export interface CompiledKernel {
  readonly [Symbol.toStringTag]: string;
}

/** A kernel's memory; `buffer` is replaced by another one when it grows. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

const engine = globalThis as unknown as Engine;

/**
 * Compiles a kernel from base64 in the caller's thread: engines do so lazily and no longer limit the size of a module (Chrome did
 * before 114, to 4 kB in a window). A page's content security policy must allow 'wasm-unsafe-eval'.
 */
export function compile(base64: string): CompiledKernel {
  return new engine.WebAssembly.Module(Uint8Array.from(engine.atob(base64), (character) => character.charCodeAt(0)));
}

/** A new instance with a memory of its own; what it exports is known to the caller. */
export function instantiate(module: CompiledKernel): unknown {
  return new engine.WebAssembly.Instance(module).exports;
}
