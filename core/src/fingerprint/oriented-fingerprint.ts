import type { Fingerprint } from "./fingerprint.ts";
import type { Orientation } from "./orientations.ts";

/** A picture's fingerprint with the codes that it has when turned or mirrored. */
export interface OrientedFingerprint {
  readonly fingerprint: Fingerprint;
  /** The code of the picture after each symmetry; `codes.identity` equals `fingerprint.code`. */
  readonly codes: Readonly<Record<Orientation, Uint8Array>>;
}
