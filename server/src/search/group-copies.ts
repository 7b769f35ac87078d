import type { Fingerprint } from "@utsuru/core/fingerprint";
import { MultiIndex } from "@utsuru/core/multi-index";
import { type Orientation, orientations } from "@utsuru/core/orientations";
import { type CodeSpace, copyDistanceMax, spaceOf } from "@utsuru/core/score";
import { copyEvidence, type Evidence, exactEvidence } from "./match.ts";
import { type Probe, searchedProbes, tellingProbes, wantedCodes } from "./probe.ts";

/** A picture to be grouped with its copies. */
export interface Groupable {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly probes: readonly PackedProbe[];
}

/** A probe whose eight codes lie in one piece: a library of pictures takes a third of the memory so. */
export interface PackedProbe {
  readonly algorithm: Fingerprint["algorithm"];
  readonly quality: number;
  /** The codes in the order of `orientations`, 32 bytes each. */
  readonly codes: Uint8Array;
}

/** Pictures of which each matches the head, as a search over just the head would say. */
export interface CopyGroup<T> {
  readonly head: T;
  readonly members: readonly { readonly picture: T; readonly evidence: Evidence }[];
}

type FoundHead = { readonly head: number; readonly evidence: Evidence };

/**
 * Groups of two pictures or more, heads in the order given: a picture joins the first head that it matches, by equal bytes or
 * near codes, and heads a group itself when there is none. A like B like C does not put A beside C.
 *
 * Each picture is one query of the heads so far; pairs are never listed. `onGrouped` is told how many pictures were looked at.
 */
export function groupCopies<T extends Groupable>(
  pictures: readonly T[],
  onGrouped: (count: number) => void = () => {},
): CopyGroup<T>[] {
  const heads = new Heads();
  const membersOf = new Map<number, { picture: T; evidence: Evidence }[]>();
  for (const [number, picture] of pictures.entries()) {
    const probes = picture.probes.map(unpackProbe);
    const found = heads.find(picture.sha256, probes);
    if (found) {
      const members = membersOf.get(found.head) ?? [];
      membersOf.set(found.head, members);
      members.push({ picture, evidence: found.evidence });
    } else {
      heads.add(number, picture.sha256, probes);
    }
    onGrouped(number + 1);
  }
  return [...membersOf]
    .sort(([a], [b]) => a - b)
    .flatMap(([head, members]) => {
      const picture = pictures[head];
      return picture ? [{ head: picture, members }] : [];
    });
}

export function packProbe({ fingerprint, codes }: Probe): PackedProbe {
  const packed = new Uint8Array(orientations.length * fingerprint.code.length);
  for (const [at, name] of orientations.entries()) {
    packed.set(codes[name] ?? fingerprint.code, at * fingerprint.code.length);
  }
  return { algorithm: fingerprint.algorithm, quality: fingerprint.quality, codes: packed };
}

function unpackProbe({ algorithm, quality, codes }: PackedProbe): Probe {
  const length = codes.length / orientations.length;
  const named: Partial<Record<Orientation, Uint8Array>> = {};
  for (const [at, name] of orientations.entries()) named[name] = codes.subarray(at * length, (at + 1) * length);
  return { fingerprint: { algorithm, code: named.identity ?? codes, quality }, codes: named };
}

/** The pictures that head a group, by their numbers. */
class Heads {
  readonly #indexes: Readonly<Record<CodeSpace, MultiIndex>> = { pdq: folderIndex(), dct256: folderIndex() };
  readonly #ofSlot: Readonly<Record<CodeSpace, number[]>> = { pdq: [], dct256: [] };
  readonly #ofBytes = new Map<string, number>();

  add(head: number, sha256: string, probes: readonly Probe[]): void {
    this.#ofBytes.set(sha256, head);
    for (const { fingerprint } of tellingProbes(probes)) {
      const space = spaceOf(fingerprint.algorithm);
      this.#ofSlot[space][this.#indexes[space].add(fingerprint.code, 0)] = head;
    }
  }

  /** The first head that the picture matches, and by what. */
  find(sha256: string, probes: readonly Probe[]): FoundHead | undefined {
    const same = this.#ofBytes.get(sha256);
    const near = wantedCodes(searchedProbes(probes)).flatMap((codes) => this.#near(codes));
    // Equal bytes come first, as their fingerprints are equal too: the sort keeps the order of equals.
    const found = same === undefined ? near : [{ head: same, evidence: exactEvidence }, ...near];
    return found.sort((a, b) => a.head - b.head || b.evidence.score - a.evidence.score)[0];
  }

  #near({ space, wanted }: ReturnType<typeof wantedCodes>[number]): FoundHead[] {
    const codes = wanted.map(({ code }) => code);
    return this.#indexes[space].withinAny(codes, copyDistanceMax[space]).flatMap(({ slot, distance, query }) => {
      const [head, change] = [this.#ofSlot[space][slot], wanted[query]];
      return head !== undefined && change ? [{ head, evidence: copyEvidence(distance, change) }] : [];
    });
  }
}

/** Made for the hundred thousand pictures that a folder may have. */
function folderIndex(): MultiIndex {
  return new MultiIndex({ bands: 16 });
}
