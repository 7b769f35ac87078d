import { pdqSpectrumReference } from "../kernels/pdq-reference.ts";
import { cutAtMedian } from "./cut-at-median.ts";
import { codeBytes, type Fingerprint } from "./fingerprint.ts";
import type { Orientation } from "./orientations.ts";
import type { Pixels } from "./pixels.ts";

/** A picture's fingerprint with the codes that it has when turned or mirrored. */
export interface OrientedFingerprint {
  readonly fingerprint: Fingerprint;
  /** The code of the picture after each symmetry; `codes.identity` equals `fingerprint.code`. */
  readonly codes: Readonly<Record<Orientation, Uint8Array>>;
}

/** Pictures narrower or lower than this have no PDQ: their code is all zeros and their quality 0. */
const sideMin = 5;

/**
 * Computes the PDQ fingerprint of a picture at its full size, bit for bit as Meta's library does on the same pixels.
 *
 * The codes of the other orientations come from the same spectrum, so they agree only nearly with the PDQ of really turned pixels
 * (10 bits for a mirrored photograph at the median). Meta's command line shrinks the picture first and gives another code.
 * Source: Facebook, The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019.
 */
export function pdq(pixels: Pixels): OrientedFingerprint {
  if (pixels.width < sideMin || pixels.height < sideMin) return blank();
  const { coefficients, quality } = pdqSpectrumReference(pixels);
  const codes = cutAtMedian(coefficients);
  return { fingerprint: { algorithm: "pdq", code: codes.identity, quality }, codes };
}

function blank(): OrientedFingerprint {
  const zeros = () => new Uint8Array(codeBytes);
  const codes = {
    identity: zeros(),
    "rotate-90": zeros(),
    "rotate-180": zeros(),
    "rotate-270": zeros(),
    "flip-horizontal": zeros(),
    "flip-vertical": zeros(),
    transpose: zeros(),
    transverse: zeros(),
  } satisfies Record<Orientation, Uint8Array>;
  return { fingerprint: { algorithm: "pdq", code: codes.identity, quality: 0 }, codes };
}
