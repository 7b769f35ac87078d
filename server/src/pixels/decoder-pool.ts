import { availableParallelism } from "node:os";
import type { Decoder } from "../ports.ts";
import { decoderProgram } from "./decoder-child.ts";
import type { Job, Yield } from "./messages.ts";
import { ProcessPool, type Urgency } from "./process-pool.ts";

/** Limits of a pool of decoding processes. */
export interface DecoderPoolOptions {
  /** Pictures decoded at once; by default one a core, at most 4. */
  readonly processes?: number;
  /** Further processes for pictures that are searched or looked at alone, none by default. */
  readonly urgentProcesses?: number;
  /** Time a picture may take from the moment its work starts; 10,000. */
  readonly timeoutMs?: number;
  /** Memory a process may allocate beyond what Node reserves for itself, 512 MiB; Linux alone can hold it. */
  readonly memoryMaxBytes?: number;
  /** Pictures that may wait, 100; further ones are refused at once. */
  readonly queueMax?: number;
  /** Pictures after which a process is replaced; 5,000: another one takes half a second to start and to get up to speed. */
  readonly jobsMax?: number;
  /** Resident memory between two pictures at which a process is replaced; 256 MiB. */
  readonly idleMemoryMaxBytes?: number;
  /** The program that the processes run; another than the decoder in tests. */
  readonly program?: string;
}

/** A decoder for requests, and the same processes for what nobody waits for: it gets its turn when no request waits for a process. */
export interface DecoderPool extends Decoder {
  readonly background: Decoder;
}

const mebibyte = 2 ** 20;

/**
 * Decodes in processes that may hang, crash or run out of memory: each costs its own picture and nothing else.
 *
 * Throws, beside what {@link Decoder} says, `overloaded` when the queue is full or no process can be started, and
 * `shutting-down` once closed.
 */
export function decoderPool({
  processes = Math.min(4, availableParallelism()),
  urgentProcesses = 0,
  timeoutMs = 10_000,
  memoryMaxBytes = 512 * mebibyte,
  queueMax = 100,
  jobsMax = 5_000,
  idleMemoryMaxBytes = 256 * mebibyte,
  program = decoderProgram,
}: DecoderPoolOptions = {}): DecoderPool {
  const limits = { timeoutMs, memoryMaxBytes, queueMax, jobsMax, idleMemoryMaxBytes };
  const pool = new ProcessPool({ processes, urgentProcesses, ...limits, program });
  return { ...decoderOn(pool, "request"), background: decoderOn(pool, "background") };
}

function decoderOn(pool: ProcessPool, urgency: Urgency): Decoder {
  const perform = async <Kind extends Job["kind"]>(job: Job & { readonly kind: Kind }, signal: AbortSignal) => {
    const done = await pool.run(job, signal, urgency);
    if (isOf(done, job.kind)) return done;
    throw new Error(`asked for ${job.kind}, the decoder did ${done.job}`);
  };
  return {
    inspect: async (path, { signal, exact = false, features }) =>
      (await perform({ kind: "inspect", path, exact, features }, signal)).inspection,
    hash: async (path, { names, signal }) => (await perform({ kind: "hash", path, names }, signal)).hashed,
    ingest: async (path, { signal }) => (await perform({ kind: "ingest", path }, signal)).ingested,
    fingerprint: async (path, { signal }) => (await perform({ kind: "fingerprint", path }, signal)).fingerprinted,
    thumbnail: async (path, { signal }) => (await perform({ kind: "thumbnail", path }, signal)).picture,
    overlay: async (path, upperPath, { transform, mode, signal }) =>
      (await perform({ kind: "overlay", path, upperPath, transform, mode }, signal)).picture,
    derive: async (path, { signal }) => (await perform({ kind: "derive", path }, signal)).picture,
    close: () => pool.close(),
  };
}

function isOf<Kind extends Job["kind"]>(done: Yield, kind: Kind): done is Yield & { readonly job: Kind } {
  return done.job === kind;
}
