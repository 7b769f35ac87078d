import type { Library } from "./library.ts";
import { type Memory, memoryOf, tellsMemory } from "./memory.ts";
import { type Runtime, readRuntime } from "./runtime.ts";

/** What a server weighed at a moment. */
export interface Weight {
  readonly when: string;
  readonly memory: Memory;
  readonly runtime: Runtime;
}

/** Weighs the server now. */
export async function weigh(when: string, { server }: Library): Promise<Weight> {
  const runtime = await readRuntime(server.url);
  const unknown = { server: runtime.residentMegabytes, decoders: Number.NaN, postgres: Number.NaN, other: Number.NaN };
  return { when, runtime, memory: tellsMemory ? memoryOf(server.pid) : unknown };
}
