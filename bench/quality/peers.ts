import { basename } from "node:path";
import { readHardNegatives } from "../corpus.ts";
import { drawPicture } from "../local/drawn.ts";
import { drawnNumber } from "../local/drawn-features.ts";
import { scatter } from "../local/strokes.ts";
import { fill } from "../product/library.ts";
import type { Room } from "../report.ts";
import { mapAtOnce } from "../statistics.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import { compareByOrb, findOrb, orbInliersMin } from "./orb.ts";
import type { PeerQuery } from "./peer-queries.ts";
import { readUpload } from "./read-upload.ts";
import { matchesOf } from "./search-edits.ts";
import { HashLibrary, hashWays } from "./ways.ts";

/** What one way made of one query. */
export interface PeerAnswer {
  readonly way: string;
  readonly query: PeerQuery;
  /** Names of what is called a copy, best first. */
  readonly found: readonly string[];
}

/** Random other pictures that ORB compares each query with, besides the right one, and how long it may take in all. */
export const orbLimits = { others: 50, secondsMax: Number(process.env.UTSURU_BENCH_ORB_SECONDS ?? 1200) };

/** The pictures that all ways search in: on the server, and as codes. */
export interface PeerLibrary {
  readonly filled: CorpusLibrary;
  readonly names: ReadonlyMap<string, string>;
  readonly codes: HashLibrary;
}

/** Adds hard negatives and drawn pictures to the corpus on the server, and gives every picture to the peers. */
export async function fillPeers(room: Room, filled: CorpusLibrary, drawn: number): Promise<PeerLibrary> {
  const codes = new HashLibrary();
  const names = new Map<string, string>();
  const take = async (name: string, id: string, source: string | Buffer): Promise<void> => {
    names.set(id, name);
    await codes.add({ name, source });
  };
  for (const [file, id] of filled.ids) await take(basename(file), id, file);
  const hard = await readHardNegatives();
  const ids = await fill(filled.library.owner, hard.length, (index) => readUpload(hard[index] ?? ""));
  for (const [index, file] of hard.entries()) await take(basename(file), ids[index] ?? "", file);
  const batch = 1000;
  for (let from = 0; from < drawn; from += batch) {
    const pictures = await mapAtOnce(
      Array.from({ length: Math.min(batch, drawn - from) }, (_, index) => drawnNumber(from + index)),
      2,
      async ({ kind, seed }) => ({ name: `${kind} ${seed}`, bytes: await drawPicture(kind, seed) }),
    );
    const taken = await fill(filled.library.owner, pictures.length, async (index) => pictures[index] as PictureFile);
    for (const [index, { name, bytes }] of pictures.entries()) await take(name, taken[index] ?? "", bytes);
    room.say(`${from + pictures.length} of ${drawn} drawn pictures added`);
  }
  return { filled, names, codes };
}

interface PictureFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Queries after which it is said how far the search is. */
const saidEvery = 500;

/** What Utsuru, through its API, and the hashes find of all pictures. */
export async function searchAll(
  room: Room,
  { filled, names, codes }: PeerLibrary,
  queries: readonly PeerQuery[],
): Promise<PeerAnswer[]> {
  const answers = await mapAtOnce(queries, 2, async (query, number) => {
    if (number > 0 && number % saidEvery === 0) room.say(`${number} of ${queries.length} queries searched`);
    const { ids } = await matchesOf(filled.library.owner, query.picture.source);
    const utsuru = { way: "Utsuru", query, found: ids.map((id) => names.get(id) ?? "a picture that nobody added") };
    const hashes = await codes.search(query.picture);
    return [utsuru, ...hashes.map((found, way) => ({ way: hashWays[way]?.name ?? "", query, found }))];
  });
  return answers.flat();
}

/** What ORB finds of the right picture and 50 others drawn at random from the corpus, until its time is over; or why it was not asked. */
export async function askOrb(
  filled: CorpusLibrary,
  queries: readonly PeerQuery[],
): Promise<{ readonly answers: readonly PeerAnswer[]; readonly note: string }> {
  const orb = findOrb();
  if ("missing" in orb) return { answers: [], note: orb.missing };
  const files = new Map([...filled.ids.keys(), ...(await readHardNegatives())].map((file) => [basename(file), file]));
  const asked = inStrides(queries.filter(({ right }) => files.has(right)));
  const candidates = asked.map((query, number) => [query.right, ...othersOf(query, [...files.keys()], number)]);
  const tasks = asked.map(({ picture }, i) => ({
    query: String(picture.source),
    candidates: (candidates[i] ?? []).map((name) => files.get(name) ?? ""),
  }));
  const given = await compareByOrb(orb.python, tasks, orbLimits);
  const answers = given.map(({ inliers }, i) => ({
    way: "ORB",
    query: asked[i] as PeerQuery,
    found: inliers
      .map((count, j) => ({ name: candidates[i]?.[j] ?? "", count }))
      .filter(({ count }) => count >= orbInliersMin)
      .sort((a, b) => b.count - a.count)
      .map(({ name }) => name),
  }));
  const ms = given.reduce((sum, one) => sum + one.ms, 0) / Math.max(1, given.length);
  return {
    answers,
    note: `ORB is OpenCV ${orb.version}, pair by pair (bench/quality/orb-pairs.py): each query against the right picture and ${orbLimits.others} others of the corpus drawn at random, so its wrong matches are of ${orbLimits.others} pictures, not of all; no drawn queries. ${given.length} of ${tasks.length} queries in ${orbLimits.secondsMax} s at most, ${ms.toFixed(0)} ms of CPU each.`,
  };
}

/** Every ninth query, then every ninth from the second on, and so on: however early ORB is stopped, it has seen something of all edits. */
function inStrides(queries: readonly PeerQuery[]): PeerQuery[] {
  const stride = 9;
  return Array.from({ length: stride }, (_, first) => queries.filter((_, i) => i % stride === first)).flat();
}

function othersOf({ right, isExcused }: PeerQuery, names: readonly string[], seed: number): string[] {
  const random = scatter(seed + 1);
  const others = new Set<string>();
  while (others.size < orbLimits.others) {
    const name = names[Math.floor(names.length * random())] ?? right;
    if (name !== right && !isExcused(name)) others.add(name);
  }
  return [...others];
}
