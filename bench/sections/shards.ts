import { createHash, randomUUID } from "node:crypto";
import type { Catalog, Image } from "../../server/src/ports.ts";
import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { openDatabase } from "../../server/src/postgres/database.ts";
import { codesOf, orientationsOf, queriesOf, randomFrom } from "../hamming/sets.ts";
import { crowdDatabase, crowdOwnerId } from "../product/crowded-database.ts";
import { Clusters, type ShardedLibrary, spreadCopy } from "../product/sharded-library.ts";
import type { Room, Run } from "../report.ts";
import { median, quantile, round, timed } from "../statistics.ts";

const images = Number(process.env.UTSURU_BENCH_SHARDED ?? 200_000);
const shardCounts = [0, 1, 2, 3];
const queryCount = 60;
const warmUp = 10;
/** One code; a picture in all orientations; two fingerprints of it and their negatives. */
const codeCounts = [1, 8, 32];
const viewer = { id: "00000000-0000-7000-8000-000000000000", audience: 2 };

/** Search in the database with fingerprints on 0 (in the library's own), 1, 2 and 3 PostgreSQL clusters of this machine. */
export const run: Run = async (room) => {
  const clusters = await Clusters.start(3);
  try {
    const pdq = codesOf("image-like", images, randomFrom(1));
    room.say(`writing ${images.toLocaleString("en")} images`);
    const { url } = await clusters.create(0, "crowd");
    await crowdDatabase(url, { pdq, dct256: codesOf("image-like", images, randomFrom(2)) });
    const libraries: Measured[] = [];
    for (const count of shardCounts) {
      room.say(`spreading them over ${count} shards`);
      libraries.push(await open(await spreadCopy(clusters, "crowd", count)));
    }
    await measure(libraries, pdq, room);
    const rows = await Promise.all(libraries.map(rowOf));
    for (const { catalog } of libraries) await catalog.close();
    return { kind: "measured", tables: [{ title, columns, rows, notes }] };
  } finally {
    await clusters.stop();
  }
};

const title = `Search in the database among ${images.toLocaleString("en")} image-like images, fingerprints on so many shards, ms`;

const columns = [
  "shards",
  "fingerprints on the fullest",
  "its MB with indexes",
  ...codeCounts.map((count) => (count === 1 ? "1 code, p50" : `${count} codes, p50`)),
  "p95",
  "take an image in, p50",
  "delete it, p50",
];

const notes = [
  "The embedded PostgreSQL with its standard settings, three clusters on the same two cores; the same questions to each in turn, half of them copies of an image held. Without shards the library's own database has the fingerprints.",
  "Shards share two cores here, so more of them cannot be faster: the figures say what sharding costs. What a shard holds is what falls with their number.",
];

interface Measured extends ShardedLibrary {
  readonly catalog: Catalog;
  readonly askedMs: ReadonlyMap<number, number[]>;
  readonly addedMs: number[];
  readonly removedMs: number[];
}

async function open(sharded: ShardedLibrary): Promise<Measured> {
  const catalog = await openCatalog(sharded.library);
  const askedMs = new Map(codeCounts.map((count) => [count, []]));
  return { ...sharded, catalog, askedMs, addedMs: [], removedMs: [] };
}

async function measure(libraries: readonly Measured[], pdq: Uint8Array, room: Room): Promise<void> {
  const random = randomFrom(7);
  for (const [number, query] of queriesOf(pdq, "image-like", { count: queryCount + warmUp, seed: 5 }).entries()) {
    const all = Array.from({ length: 4 }, () => orientationsOf(query, random)).flat();
    for (const count of codeCounts) {
      const answers = await askAll(libraries, [query, ...all.slice(1, count)], number >= warmUp);
      if (new Set(answers).size !== 1) throw new Error(`shards answer otherwise than one database: ${answers}`);
    }
    for (const library of libraries) await addAndRemove(library, query);
    if (number % 10 === 0) room.say(`${number} questions`);
  }
}

async function askAll(
  libraries: readonly Measured[],
  codes: readonly Uint8Array[],
  isMeasured: boolean,
): Promise<string[]> {
  const answers: string[] = [];
  for (const { catalog, askedMs } of libraries) {
    const { value, ms } = await timed(() => catalog.codes.near({ space: "pdq", codes, limit: 1_000 }, viewer));
    answers.push(JSON.stringify(value));
    if (isMeasured) askedMs.get(codes.length)?.push(ms);
  }
  return answers;
}

async function addAndRemove({ catalog, addedMs, removedMs }: Measured, code: Uint8Array): Promise<void> {
  const image = imageOf(code);
  const { bytes, sha256, keys } = image;
  const [original, thumbnail] = [keys.original, keys.thumbnail].map((key) => ({ key, bytes, sha256 }));
  if (!original || !thumbnail) throw new Error("an image has two objects");
  await catalog.objects.notePut({ id: image.id, imageId: image.id, keys: Object.values(keys) });
  addedMs.push((await timed(() => catalog.images.add(image, { original, thumbnail }))).ms);
  removedMs.push((await timed(() => catalog.images.remove(image.id, image.owner.id))).ms);
}

function imageOf(code: Uint8Array): Image {
  const id = randomUUID();
  return {
    ...{ id, owner: { id: crowdOwnerId, audience: 1 }, visibility: "public", file: "a.jpg", format: "jpeg" },
    ...{ width: 4, height: 3, bytes: 5, sha256: createHash("sha256").update(id).digest("hex"), createdAt: new Date() },
    fingerprints: (["pdq", "dct256", "dct256-trimmed"] as const).map((algorithm) => ({ algorithm, code, quality: 90 })),
    keys: { original: `originals/${id}`, thumbnail: `thumbnails/${id}` },
  };
}

async function rowOf({ library, shards, askedMs, addedMs, removedMs }: Measured): Promise<(string | number)[]> {
  const holders = await Promise.all((shards.length > 0 ? shards : [library]).map(holdingsOf));
  const fullest = holders.sort((a, b) => b.fingerprints - a.fingerprints)[0] ?? { fingerprints: 0, megabytes: 0 };
  const times = codeCounts.map((count) => askedMs.get(count) ?? []);
  return [
    ...[shards.length, fullest.fingerprints, fullest.megabytes],
    ...times.map((ms) => round(median(ms), 1)),
    ...[quantile(times.at(-1) ?? [], 0.95), median(addedMs), median(removedMs)].map((ms) => round(ms, 1)),
  ];
}

async function holdingsOf({ url }: { readonly url: string }): Promise<{ fingerprints: number; megabytes: number }> {
  const database = openDatabase({ url, connectionsMax: 1 });
  const [row] = await database.query<{ fingerprints: number; bytes: number }>(
    "select (select count(*) from fingerprints) as fingerprints, pg_total_relation_size('fingerprints') as bytes",
    [],
  );
  await database.close();
  return { fingerprints: row?.fingerprints ?? 0, megabytes: Math.round((row?.bytes ?? 0) / 1e6) };
}
