import type { Fingerprint } from "@utsuru/core/fingerprint";
import { inverseOf, type Orientation, orientations } from "@utsuru/core/orientations";
import { type CodeSpace, codeSpaces, qualityMin, spaceOf } from "@utsuru/core/score";

/** A fingerprint to search with, and the codes of the picture after each symmetry, as far as they are known. */
export interface Probe {
  readonly fingerprint: Fingerprint;
  readonly codes: Readonly<Partial<Record<Orientation, Uint8Array>>>;
}

/** What was done to a stored picture to get the query: a symmetry, and whether its colours were inverted to a negative. */
export interface Change {
  readonly orientation: Orientation;
  readonly inverted: boolean;
}

/** One code to look for, and what was done to a stored picture that has it. */
export interface WantedCode extends Change {
  readonly code: Uint8Array;
}

/** Whether a fingerprint rests on enough detail to be searched with. */
export function isTelling({ fingerprint }: Pick<Probe, "fingerprint">): boolean {
  return fingerprint.quality >= qualityMin;
}

/** The probes that a picture is searched with: none where PDQ sees too little detail, whatever the others see. */
export function searchedProbes<P extends Pick<Probe, "fingerprint">>(probes: readonly P[]): readonly P[] {
  return probes.some((probe) => probe.fingerprint.algorithm === "pdq" && !isTelling(probe)) ? [] : probes;
}

/**
 * The probes that are worth searching with. PDQ takes stripes and tiles for detail: of drawn ones half of the recompressed copies are
 * farther than 31 bits, and others as near as 0. Where `dct256` sees too little, PDQ is left out.
 */
export function tellingProbes<P extends Pick<Probe, "fingerprint">>(probes: readonly P[]): P[] {
  const isVague = probes.some((probe) => probe.fingerprint.algorithm === "dct256" && !isTelling(probe));
  return probes.filter((probe) => isTelling(probe) && !(isVague && probe.fingerprint.algorithm === "pdq"));
}

/**
 * The codes to look for in each space, those of the upright picture first: of equally near ones the first counts.
 * A negative has the opposite dct256 code; PDQ's median is too far from zero for that (docs/fingerprints.md).
 */
export function wantedCodes(
  probes: readonly Probe[],
): readonly { readonly space: CodeSpace; readonly wanted: readonly WantedCode[] }[] {
  const worthwhile = tellingProbes(probes);
  return codeSpaces.flatMap((space) => {
    const telling = worthwhile.filter(({ fingerprint }) => spaceOf(fingerprint.algorithm) === space);
    const wanted = orientations.flatMap((symmetry) =>
      telling.flatMap(({ codes }) => {
        const code = codes[symmetry];
        return code ? [{ code, orientation: inverseOf(symmetry), inverted: false }] : [];
      }),
    );
    const negatives =
      space === "dct256" ? wanted.map((one) => ({ ...one, code: complementOf(one.code), inverted: true })) : [];
    return wanted.length > 0 ? [{ space, wanted: [...wanted, ...negatives] }] : [];
  });
}

function complementOf(code: Uint8Array): Uint8Array {
  const complement = new Uint8Array(code.length);
  for (let i = 0; i < code.length; i++) complement[i] = ~(code[i] as number); // five times as fast as `map`
  return complement;
}
