import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import type { Image, Inspection } from "../ports.ts";

/** Every fingerprint that was taken of a picture, with its codes in all eight orientations; the one inside flat borders where there are any. */
export function orientedOf({ pdq, dct256 }: Pick<Inspection, "pdq" | "dct256">): OrientedFingerprint[] {
  return [pdq, dct256.whole, ...(dct256.trimmed ? [dct256.trimmed] : [])];
}

/** The fingerprints of a picture that are stored. */
export function fingerprintsOf(inspection: Pick<Inspection, "pdq" | "dct256">): Image["fingerprints"] {
  return orientedOf(inspection).map(({ fingerprint }) => fingerprint);
}
