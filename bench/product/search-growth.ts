import type { LocalFeatures } from "@utsuru/core/local-features";
import { packFeatures, unpackFeatures } from "@utsuru/core/pack-features";
import sharp from "sharp";
import type { Answer, Upload } from "../../server/test/support/person.ts";
import { corpusAbsent, readCorpus } from "../corpus.ts";
import { codesOf, randomFrom } from "../hamming/sets.ts";
import { distorted } from "../local/distorted.ts";
import { cachedFeatures } from "../local/feature-cache.ts";
import { scatter } from "../local/strokes.ts";
import type { Room, Table } from "../report.ts";
import { mapAtOnce, median, quantile, round, timed } from "../statistics.ts";
import { idOf } from "./crowded-database.ts";
import { type CrowdedServer, openCrowdedServer } from "./crowded-server.ts";
import { processorTimeOf } from "./processor-time.ts";
import { readRuntime } from "./runtime.ts";

/** Sizes of the libraries; their first and last are compared. */
const sizes = (process.env.UTSURU_BENCH_GROWTH ?? "10000,100000").split(",").map(Number);
/** Photographs whose features, distorted, are those of all images; the first so many images have them as they are. */
const photographCount = 300;
const searches = 21;
const warmUps = 3;
const targets = { medianMs: 250, growth: 1.5, kilobytesAnImage: 12 };

/** How searches with 12-megapixel photographs, all stages, grow with the library; or why it cannot be told here. */
export async function searchGrowth(room: Room): Promise<Table | { readonly missing: string }> {
  if (corpusAbsent !== false) return { missing: corpusAbsent };
  const files = (await readCorpus()).filter(({ role }) => role === "distractor").map(({ file }) => file);
  const photographs = (await cachedFeatures("photographs", photographCount, (number) => files[number] ?? "")).map(
    (packed) => unpackFeatures(packed) as LocalFeatures,
  );
  const queries = {
    strange: await enlarged(files.slice(photographCount, photographCount + searches)),
    known: await enlarged(files.slice(0, searches)),
  };
  const libraries: Library[] = [];
  try {
    for (const images of sizes) libraries.push(await openDistorted(images, photographs, room));
    for (const { person } of libraries)
      for (const query of queries.strange.slice(0, warmUps)) await person.search(query);
    room.say("searching, each library in turn");
    const strange = await askInTurn(libraries, queries.strange);
    const known = await askInTurn(libraries, queries.known);
    const memory = await Promise.all(libraries.map(({ server }) => readRuntime(server.url)));
    return {
      title: "Search with a 12-megapixel photograph, all stages, as the library grows, ms until answered",
      columns: ["with", "images", "times", "median", "p95", "ms of CPU, server / decoders / PostgreSQL", "target"],
      rows: [
        ...strange.map((asked) => rowOf("one that nothing is like", asked)),
        ...known.map((asked) => rowOf("one that is there", asked)),
      ],
      notes: [
        `The images' fingerprints are random, their features those of ${photographCount} photographs with 5 of 16 bits of every descriptor turned over; the first ${photographCount} have them as they are. Written straight into the database; a server for each size, both on the same cores, asked in turn with photographs of the corpus, enlarged to 4000 × 3000.`,
        growthNote("nothing is like", strange),
        growthNote("is there", known),
        `Of the photographs that are there, ${known.map(({ images, answers }) => `${foundOf(answers)} of ${answers.length} were found first among ${images.toLocaleString("en")}`).join(", ")}.`,
        memoryNote(
          libraries,
          memory.map(({ residentMegabytes }) => residentMegabytes),
        ),
        ...libraries.map(startNote),
      ],
    };
  } finally {
    for (const { close } of libraries) await close();
  }
}

interface Library extends CrowdedServer {
  readonly images: number;
  readonly openMs: number;
}

async function openDistorted(images: number, photographs: readonly LocalFeatures[], room: Room): Promise<Library> {
  room.say(`writing ${images.toLocaleString("en")} images with features`);
  const random = scatter(7);
  const featuresOf = (index: number): Uint8Array => {
    const photograph = photographs[index % photographs.length] as LocalFeatures;
    return packFeatures(index < photographs.length ? photograph : distorted(photograph, random));
  };
  const codes = { pdq: codesOf("uniform", images, randomFrom(1)), dct256: codesOf("uniform", images, randomFrom(2)) };
  const { value, ms } = await timed(() => openCrowdedServer({ ...codes, featuresOf }));
  return { ...value, images, openMs: ms };
}

/** Photographs as a camera would have taken them: the middle of each, at 12 megapixels. */
function enlarged(files: readonly string[]): Promise<Upload[]> {
  return mapAtOnce(files, 2, async (file, index) => ({
    name: `photograph-${index}.jpg`,
    bytes: await sharp(file).resize(4000, 3000, { fit: "cover" }).jpeg({ quality: 90 }).toBuffer(),
  }));
}

/** What one library made of a list of queries. */
interface Asked {
  readonly images: number;
  readonly times: number[];
  readonly answers: Answer[];
  readonly cpuMs: readonly number[];
}

/** Every query to every library, one after the other, the libraries in changing order. */
async function askInTurn(libraries: readonly Library[], queries: readonly Upload[]): Promise<Asked[]> {
  const asked = libraries.map(({ images }): Asked => ({ images, times: [], answers: [], cpuMs: [] }));
  const before = libraries.map(({ server }) => processorTimeOf(server.pid));
  for (const [number, query] of queries.entries()) {
    const order = [...libraries.entries()];
    for (const [place, { person }] of number % 2 === 0 ? order : order.reverse()) {
      const { value, ms } = await timed(() => person.search(query));
      if (value.status !== 200 || value.body.stages !== "all")
        throw new Error(`a search was answered ${value.status}: ${JSON.stringify(value.body)}`);
      asked[place]?.times.push(ms);
      asked[place]?.answers.push(value);
    }
  }
  return asked.map((one, place) => {
    const [start, end] = [before[place], processorTimeOf(libraries[place]?.server.pid ?? 0)];
    const cpuMs = (["server", "decoders", "postgres"] as const).map(
      (of) => (end[of] - (start?.[of] ?? 0)) / queries.length,
    );
    return { ...one, cpuMs };
  });
}

/** How many answers have, in the order of the library's first images, that image first. */
function foundOf(answers: readonly Answer[]): number {
  return answers.filter(({ body }, index) => body.matches[0]?.image.id === idOf(index + 1)).length;
}

function rowOf(what: string, { images, times, cpuMs }: Asked): (string | number)[] {
  const middle = median(times);
  const verdict = middle < targets.medianMs ? "reached" : "MISSED";
  const target = images === sizes[0] ? `< ${targets.medianMs}: ${verdict}` : "";
  const cpu = cpuMs.map((ms) => Math.round(ms)).join(" / ");
  return [what, images, times.length, round(middle, 1), round(quantile(times, 0.95), 1), cpu, target];
}

function growthNote(what: string, asked: readonly Asked[]): string {
  const [smallest, largest] = [asked[0], asked.at(-1)];
  if (!smallest || !largest) throw new Error("no library was asked");
  const growth = median(largest.times) / median(smallest.times);
  return `With one that ${what} the median grows ${growth.toFixed(2)}× (< ${targets.growth}: ${growth < targets.growth ? "reached" : "MISSED"}).`;
}

/** What the larger server holds more than the smaller one, for each image that it has more: the base of both falls out. */
function memoryNote(libraries: readonly Library[], megabytes: readonly number[]): string {
  const more = (megabytes.at(-1) ?? 0) - (megabytes[0] ?? 0);
  const images = (libraries.at(-1)?.images ?? 0) - (libraries[0]?.images ?? 0);
  const kilobytes = (1000 * more) / images;
  return `The servers' resident memory: ${megabytes.map(Math.round).join(" and ")} MB, so ${kilobytes.toFixed(1)} kB an image with its features, postings and fingerprints (parts ≤ ${targets.kilobytesAnImage} kB: ${kilobytes <= targets.kilobytesAnImage ? "reached" : "MISSED"}).`;
}

function startNote({ images, openMs, server }: Library): string {
  return `${images.toLocaleString("en")} images were written and read in ${round(openMs / 1000)} s, of which ${round(server.readyMs / 1000, 1)} s from the server's start to its ready line.`;
}
