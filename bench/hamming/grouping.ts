import { orientations } from "@utsuru/core/orientations";
import { type Groupable, groupCopies } from "../../server/src/search/group-copies.ts";
import { round } from "../statistics.ts";
import { codeBytes, codesOf, orientationsOf, queriesOf, randomFrom, type Spread } from "./sets.ts";

const pictures = 100_000;
/** One picture in ten is a copy of another. */
const copies = pictures / 10;

export const groupingColumns = ["pictures", "codes", "groups", "took, s", "of it CPU, s"];

/** How long it takes to group a folder's pictures by their copies once they are decoded. */
export function groupingRow(spread: Spread): (string | number)[] {
  const folder = folderOf(spread);
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const groups = groupCopies(folder);
  const { user, system } = process.cpuUsage(cpu);
  const tookMs = performance.now() - begun;
  return [
    pictures.toLocaleString("en"),
    spread,
    groups.length,
    round(tookMs / 1000, 1),
    round((user + system) / 1e6, 1),
  ];
}

function folderOf(spread: Spread): Groupable[] {
  const random = randomFrom(8);
  const [pdq, dct256] = [codesFor(spread, 6), codesFor(spread, 7)];
  return pdq.map((code, i) => ({
    sha256: i.toString(16).padStart(64, "0"),
    probes: [
      { algorithm: "pdq" as const, quality: 100, codes: oriented(code, random) },
      { algorithm: "dct256" as const, quality: 100, codes: oriented(dct256[i] ?? code, random) },
    ],
  }));
}

/** Originals, then copies of some of them and strangers in turn. */
function codesFor(spread: Spread, seed: number): Uint8Array[] {
  const originals = codesOf(spread, pictures - 2 * copies, randomFrom(seed));
  const cut = Array.from({ length: originals.length / codeBytes }, (_, i) =>
    originals.slice(i * codeBytes, (i + 1) * codeBytes),
  );
  return [...cut, ...queriesOf(originals, spread, { count: 2 * copies, seed: seed + 10 })];
}

function oriented(code: Uint8Array, random: () => number): Uint8Array {
  const packed = new Uint8Array(orientations.length * codeBytes);
  orientationsOf(code, random).forEach((one, i) => {
    packed.set(one, i * codeBytes);
  });
  return packed;
}
