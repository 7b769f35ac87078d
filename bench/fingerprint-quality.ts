/**
 * Which edits of a picture each fingerprint finds, on the corpus of `corpus.ts`, when no wrong picture is called a copy.
 *
 * `node bench/fingerprint-quality.ts` prints a table; it takes some minutes and does nothing else but read.
 */
import { type Dct256, dct256 } from "@utsuru/core/dct256";
import { hammingDistance } from "@utsuru/core/distance";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import { pdqOfShrunk } from "@utsuru/core/pdq";
import { spaceOf } from "@utsuru/core/score";
import { openPicture } from "../server/src/pixels/picture.ts";
import { readPixels } from "../server/src/pixels/pixels.ts";
import { type EditedCopy, editedCopies, readCorpus, readHardNegatives } from "./corpus.ts";

/** Everything that is known of one picture. */
interface Described {
  readonly pdq: OrientedFingerprint;
  readonly dct256: Dct256;
}

/** A way to compare: which fingerprints of a picture take part, and the least quality that they must have. */
interface Method {
  readonly name: string;
  readonly qualityMin: number;
  readonly sees: (picture: Described) => readonly OrientedFingerprint[];
}

const methods: readonly Method[] = [
  { name: "pdq", qualityMin: 50, sees: (picture) => [picture.pdq] },
  { name: "dct256", qualityMin: 50, sees: (picture) => [picture.dct256.whole] },
  { name: "+trimmed", qualityMin: 50, sees: wholeAndTrimmed },
  { name: "pdq or all", qualityMin: 50, sees: (picture) => [picture.pdq, ...wholeAndTrimmed(picture)] },
];

function wholeAndTrimmed({ dct256: { whole, trimmed } }: Described): readonly OrientedFingerprint[] {
  return trimmed === undefined ? [whole] : [whole, trimmed];
}

const pictures = await readCorpus();
const copies = await editedCopies(pictures);
const stored = new Map<string, Described>();
for (const { file } of pictures) stored.set(file, await describe(file));
for (const file of await readHardNegatives()) stored.set(file, await describe(file));
const queries: [EditedCopy, Described][] = [];
for (const copy of copies) {
  queries.push([copy, await describe(copy.file)]);
  if (queries.length % 500 === 0) process.stderr.write(`${queries.length} of ${copies.length} copies read\n`);
}
console.log(
  `${copies.length} copies of ${new Set(copies.map(({ original }) => original)).size} originals among ${stored.size} pictures`,
);
const found = methods.map(measure);
printSummary();
printEdits();

/** As the server does. */
async function describe(file: string): Promise<Described> {
  const picture = await openPicture(file);
  const pixels = await readPixels(picture);
  return { pdq: pdqOfShrunk(pixels, picture.header), dct256: dct256(pixels) };
}

interface Measured {
  readonly method: Method;
  /** Distance of each copy to its original, in the order of the queries. */
  readonly right: readonly number[];
  /** The distances at which wrong pictures are found, nearest first: copies to other pictures, and stored pictures among themselves. */
  readonly wrong: readonly number[];
  readonly unsearchable: number;
}

function measure(method: Method): Measured {
  const right: number[] = [];
  const wrong: number[] = [];
  let unsearchable = 0;
  for (const [{ original, backdrop }, query] of queries) {
    let nearestWrong = Number.POSITIVE_INFINITY;
    for (const [file, picture] of stored) {
      if (file === original.file) right.push(distance(method, query, picture));
      else if (file !== backdrop.file) nearestWrong = Math.min(nearestWrong, distance(method, query, picture));
    }
    wrong.push(nearestWrong);
  }
  for (const [file, query] of stored) {
    if (clear(method, query).length === 0) unsearchable++;
    for (const [other, picture] of stored) {
      if (file < other) wrong.push(distance(method, query, picture));
    }
  }
  return { method, right, wrong: wrong.sort((a, b) => a - b), unsearchable };
}

function clear({ sees, qualityMin }: Method, picture: Described): readonly OrientedFingerprint[] {
  return sees(picture).filter(({ fingerprint }) => fingerprint.quality >= qualityMin);
}

/** The least distance of two codes of one space, in any orientation; dct256 also knows negatives. */
function distance(method: Method, query: Described, picture: Described): number {
  let least = Number.POSITIVE_INFINITY;
  for (const asked of clear(method, query)) {
    const space = spaceOf(asked.fingerprint.algorithm);
    for (const { fingerprint } of clear(method, picture)) {
      if (spaceOf(fingerprint.algorithm) !== space) continue;
      for (const code of Object.values(asked.codes)) {
        const bits = hammingDistance(code, fingerprint.code);
        least = Math.min(least, bits, space === "dct256" ? 256 - bits : bits);
      }
    }
  }
  return least;
}

function printSummary(): void {
  console.log(
    "\nmethod     nearest wrong pictures     searchable   found ≤ 31   ≤ 40   at the last distance without a wrong one",
  );
  for (const { method, right, wrong, unsearchable } of found) {
    const limit = (wrong[0] ?? 0) - 1;
    const row = [
      method.name.padEnd(10),
      wrong.slice(0, 6).join(" ").padEnd(26),
      `${stored.size - unsearchable} of ${stored.size}`.padEnd(14),
      percent(right, 31),
      percent(right, 40),
      `${percent(right, limit)} (≤ ${limit})`,
    ];
    console.log(row.join(" "));
  }
}

function printEdits(): void {
  console.log(
    `\n${"edit".padEnd(16)}${methods.map(({ name }) => `${name}: median, ≤ 31, ≤ 60`.padStart(30)).join("")}`,
  );
  for (const edit of [...new Set(copies.map((copy) => copy.edit))].sort()) {
    const columns = found.map(({ right }) => {
      const distances = right.filter((_, number) => copies[number]?.edit === edit).sort((a, b) => a - b);
      return `${String(distances[distances.length >> 1]).padStart(14)}${percent(distances, 31)}${percent(distances, 60)}`;
    });
    console.log(edit.padEnd(16) + columns.join(""));
  }
}

function percent(distances: readonly number[], limit: number): string {
  const near = distances.filter((value) => value <= limit).length;
  return `${((100 * near) / distances.length).toFixed(1)} %`.padStart(8);
}
