import { type Fingerprint, toHex } from "@utsuru/core/fingerprint";
import type { ImageRecord, LibraryRecords, ObjectReason, StoredObject } from "../ports.ts";
import type { Connection, Database } from "./database.ts";
import { type ImageRow, imageColumns, imageTables, toImage } from "./images.ts";
import { inBatches } from "./in-batches.ts";

const batchSize = 200;

/** What the database says of the whole library, for whoever examines it. */
export function libraryRecordsIn(database: Database, announce: () => void): LibraryRecords {
  return {
    images: () => recordsIn(database),
    count: () => count(database),
    reasons: (keys) => reasonsFor(database, keys),
    replaceFingerprints: async (imageId, fingerprints) => {
      await database.transaction((on) => replaceFingerprints(on, imageId, fingerprints));
      announce();
    },
    replaceThumbnail: (imageId, thumbnail) => replaceThumbnail(database, imageId, thumbnail),
    replaceGenerations: (imageId, generations) => replaceGenerations(database, imageId, generations),
  };
}

interface RecordRow extends ImageRow {
  readonly thumbnail_bytes: number;
  readonly thumbnail_sha256: string;
  readonly original_generation: string | null;
  readonly thumbnail_generation: string | null;
  readonly packed: Buffer | null;
}

/** By id; an image that comes or goes meanwhile may or may not be among them. */
async function* recordsIn(on: Connection): AsyncIterable<readonly ImageRecord[]> {
  const read = (after: string | null) => readBatch(on, after);
  for await (const rows of inBatches({ size: batchSize, read, idOf: (row) => row.id })) yield rows.map(toRecord);
}

function readBatch(on: Connection, after: string | null): Promise<RecordRow[]> {
  return on.query<RecordRow>(
    `select ${imageColumns}, d.thumbnail_bytes, encode(d.thumbnail_sha256, 'hex') as thumbnail_sha256,
       d.original_generation, d.thumbnail_generation, l.packed
     from ${imageTables} left join local_features l on l.image_id = i.id where $1::uuid is null or i.id > $1 order by i.id limit ${batchSize}`,
    [after],
  );
}

function toRecord(row: RecordRow): ImageRecord {
  const thumbnail = { bytes: row.thumbnail_bytes, sha256: row.thumbnail_sha256 };
  const [original, small] = [row.original_generation ?? undefined, row.thumbnail_generation ?? undefined];
  const generations = { original, thumbnail: small };
  return { image: toImage(row), thumbnail, generations, features: row.packed ?? undefined };
}

async function count(on: Connection): Promise<number> {
  const [row] = await on.query<{ count: number }>("select count(*) from images", []);
  return row?.count ?? 0;
}

/** One statement, so that an object that is just becoming an image's has one reason or the other. The last part of a derivative's key is its image's id. */
async function reasonsFor(on: Connection, keys: readonly string[]): Promise<Map<string, ObjectReason>> {
  const rows = await on.query<{ key: string; reason: ObjectReason | null }>(
    `with put as (select unnest(keys) as key from bucket_puts),
     asked as (
       select key, split_part(key, '/', 1) as folder,
              (regexp_match(key, '(?:^derivatives/.*|^incoming)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/|$)'))[1]::uuid as id
       from unnest($1::text[]) as key
     )
     select key, case
       when exists (select from image_data where original_key = key)
         or exists (select from image_data where thumbnail_key = key)
         or folder = 'derivatives' and exists (select from images where images.id = asked.id) then 'image'
       when exists (select from put where put.key = asked.key) then 'put'
       when exists (select from bucket_deletions where bucket_deletions.key = asked.key) then 'deletion'
       when folder = 'incoming' and exists (select from jobs where jobs.id = asked.id) then 'job'
     end as reason
     from asked`,
    [keys],
  );
  return new Map(rows.flatMap(({ key, reason }) => (reason === null ? [] : [[key, reason] as const])));
}

/** Those of an image that has gone meanwhile are not kept. */
async function replaceFingerprints(
  on: Connection,
  imageId: string,
  fingerprints: readonly Fingerprint[],
): Promise<void> {
  const rows = await on.query("select from images where id = $1 for key share", [imageId]);
  if (rows.length === 0) return;
  await on.query("delete from fingerprints where image_id = $1", [imageId]);
  await on.query(
    `insert into fingerprints (image_id, algorithm, code, quality)
     select $1, f.algorithm, f.code::bit(256), f.quality
     from unnest($2::text[], $3::text[], $4::smallint[]) as f (algorithm, code, quality)`,
    [
      imageId,
      fingerprints.map(({ algorithm }) => algorithm),
      fingerprints.map(({ code }) => `x${toHex(code)}`),
      fingerprints.map(({ quality }) => quality),
    ],
  );
}

async function replaceThumbnail(on: Connection, imageId: string, thumbnail: StoredObject): Promise<void> {
  await on.query(
    `update image_data
     set thumbnail_bytes = $2, thumbnail_sha256 = decode($3, 'hex'), thumbnail_generation = $4
     where image_id = $1`,
    [imageId, thumbnail.bytes, thumbnail.sha256, thumbnail.generation ?? null],
  );
}

async function replaceGenerations(
  on: Connection,
  imageId: string,
  { original, thumbnail }: ImageRecord["generations"],
): Promise<void> {
  await on.query("update image_data set original_generation = $2, thumbnail_generation = $3 where image_id = $1", [
    ...[imageId, original ?? null, thumbnail ?? null],
  ]);
}
