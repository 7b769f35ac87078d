import { availableParallelism } from "node:os";
import type { Decoder } from "../ports.ts";
import { decoderProgram } from "./decoder-child.ts";
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
  return {
    inspect: async (path, { signal, exact = false, features }) => {
      const done = await pool.run({ kind: "inspect", path, exact, features }, signal, urgency);
      if (done.job !== "inspect") throw new Error(`asked to inspect, the decoder did ${done.job}`);
      return done.inspection;
    },
    hash: async (path, { names, signal }) => {
      const done = await pool.run({ kind: "hash", path, names }, signal, urgency);
      if (done.job !== "hash") throw new Error(`asked to hash, the decoder did ${done.job}`);
      return done.hashed;
    },
    ingest: async (path, { signal }) => {
      const done = await pool.run({ kind: "ingest", path }, signal, urgency);
      if (done.job !== "ingest") throw new Error(`asked to ingest, the decoder did ${done.job}`);
      return done.ingested;
    },
    fingerprint: async (path, { signal }) => {
      const done = await pool.run({ kind: "fingerprint", path }, signal, urgency);
      if (done.job !== "fingerprint") throw new Error(`asked for fingerprints, the decoder did ${done.job}`);
      return done.fingerprinted;
    },
    thumbnail: async (path, { signal }) => {
      const done = await pool.run({ kind: "thumbnail", path }, signal, urgency);
      if (done.job !== "thumbnail") throw new Error(`asked for a thumbnail, the decoder did ${done.job}`);
      return done.picture;
    },
    overlay: async (path, upperPath, { transform, mode, signal }) => {
      const done = await pool.run({ kind: "overlay", path, upperPath, transform, mode }, signal);
      if (done.job !== "overlay") throw new Error(`asked for an overlay, the decoder did ${done.job}`);
      return done.picture;
    },
    derive: async (path, { signal }) => {
      const done = await pool.run({ kind: "derive", path }, signal, urgency);
      if (done.job !== "derive") throw new Error(`asked to derive, the decoder did ${done.job}`);
      return done.picture;
    },
    close: () => pool.close(),
  };
}
