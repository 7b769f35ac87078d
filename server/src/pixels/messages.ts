import type { Purpose } from "@utsuru/core/features";
import type { HashName } from "@utsuru/core/hash-pixels";
import type { Transform } from "@utsuru/core/transform";
import type { FailureCode } from "../errors.ts";
import type { Decoder, Inspection, OverlayMode } from "../ports.ts";

type Hashed = Awaited<ReturnType<Decoder["hash"]>>;
type Ingested = Awaited<ReturnType<Decoder["ingest"]>>;
type Fingerprinted = Awaited<ReturnType<Decoder["fingerprint"]>>;

/** What a decoding process is asked to do with a file. `exact` hashes every pixel, however large the picture is; `features` are extracted for a purpose or not at all. */
export type Job =
  | {
      readonly kind: "inspect";
      readonly path: string;
      readonly exact: boolean;
      readonly features: Purpose | undefined;
    }
  | { readonly kind: "hash"; readonly path: string; readonly names: readonly HashName[] }
  | { readonly kind: "ingest" | "fingerprint" | "thumbnail" | "derive"; readonly path: string }
  | {
      readonly kind: "overlay";
      readonly path: string;
      readonly upperPath: string;
      readonly transform: Transform;
      readonly mode: OverlayMode;
    };

/** What a job yields. */
export type Yield =
  | { readonly kind: "done"; readonly job: "inspect"; readonly inspection: Inspection }
  | { readonly kind: "done"; readonly job: "hash"; readonly hashed: Hashed }
  | { readonly kind: "done"; readonly job: "ingest"; readonly ingested: Ingested }
  | { readonly kind: "done"; readonly job: "fingerprint"; readonly fingerprinted: Fingerprinted }
  | { readonly kind: "done"; readonly job: "thumbnail" | "derive" | "overlay"; readonly picture: Uint8Array };

/** Why a job yields nothing. `unreadable`: the file could not be read; `error`: a programmer's mistake. */
export type Refusal =
  | { readonly kind: "failed"; readonly code: FailureCode; readonly detail: string }
  | { readonly kind: "unreadable"; readonly code: string }
  | { readonly kind: "error"; readonly stack: string };

/** How a job ended in a process that lives. */
export type Answer = Yield | Refusal;

/** What a decoding process says: once when it can work, then once a job, with the memory it holds by then. */
export type Message =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: Answer; readonly rssBytes: number };
