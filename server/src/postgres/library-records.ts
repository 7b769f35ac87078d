import type { ImageRecord, LibraryRecords, ObjectReason, StoredObject } from "../ports.ts";
import type { Connection } from "./database.ts";
import { type ImageRow, imageColumns, imageTables, toImage } from "./images.ts";
import { inBatches } from "./in-batches.ts";

const batchSize = 200;

/** What the database says of the whole library, for whoever examines it. */
export function libraryRecordsIn(database: Connection): LibraryRecords {
  return {
    images: () => recordsIn(database),
    count: () => count(database),
    undescribed: (limit) => undescribed(database, limit),
    reasons: (keys) => reasonsFor(database, keys),
    replaceThumbnail: (imageId, thumbnail) => replaceThumbnail(database, imageId, thumbnail),
    replaceGenerations: (imageId, generations) => replaceGenerations(database, imageId, generations),
  };
}

/** An image with what is known of its thumbnail, as the columns of it arrive. */
export interface RecordRow extends ImageRow {
  readonly thumbnail_bytes: number | null;
  readonly thumbnail_sha256: string | null;
  readonly original_generation: string | null;
  readonly thumbnail_generation: string | null;
  readonly mirrored: Readonly<Record<string, string>>;
  readonly packed: Buffer | null;
}

export const recordColumns: string = `${imageColumns}, d.thumbnail_bytes, encode(d.thumbnail_sha256, 'hex') as thumbnail_sha256,
  d.original_generation, d.thumbnail_generation, l.packed,
  (select coalesce(json_object_agg(m.algorithm, encode(substring(bit_send(m.mirrored) from 5), 'hex')), '{}')
   from fingerprints m where m.image_id = i.id and m.mirrored is not null) as mirrored`;
export const recordTables: string = `${imageTables} left join local_features l on l.image_id = i.id`;

/** By id; an image that comes or goes meanwhile may or may not be among them. */
async function* recordsIn(on: Connection): AsyncIterable<readonly ImageRecord[]> {
  const read = (after: string | null) => readBatch(on, after);
  for await (const rows of inBatches({ size: batchSize, read, idOf: (row) => row.id })) yield rows.map(toRecord);
}

function readBatch(on: Connection, after: string | null): Promise<RecordRow[]> {
  return on.query<RecordRow>(
    `select ${recordColumns} from ${recordTables} where $1::uuid is null or i.id > $1 order by i.id limit ${batchSize}`,
    [after],
  );
}

export function toRecord(row: RecordRow): ImageRecord {
  const { thumbnail_bytes: bytes, thumbnail_sha256: sha256 } = row;
  const thumbnail = bytes === null || sha256 === null ? undefined : { bytes, sha256 };
  const [original, small] = [row.original_generation ?? undefined, row.thumbnail_generation ?? undefined];
  const generations = { original, thumbnail: small };
  return { image: toImage(row), thumbnail, generations, mirrored: row.mirrored, features: row.packed ?? undefined };
}

async function count(on: Connection): Promise<number> {
  const [row] = await on.query<{ count: number }>("select count(*) from images", []);
  return row?.count ?? 0;
}

async function undescribed(on: Connection, limit: number): Promise<string[]> {
  const rows = await on.query<{ id: string }>(
    "select id from images where not exists (select from image_data where image_id = id) order by id limit $1",
    [limit],
  );
  return rows.map(({ id }) => id);
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
