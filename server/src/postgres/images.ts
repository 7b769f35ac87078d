import { mirrorings } from "@utsuru/core/eight-codes";
import { type Fingerprint, fromHex, toHex } from "@utsuru/core/fingerprint";
import { featuresVersion } from "@utsuru/core/local-features";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import type { AddedImage, Image, Images, Page, StoredImage, Viewer } from "../ports.ts";
import { inBatches } from "./batching.ts";
import type { Connection, Database } from "./database.ts";
import { derivedVersion } from "./derived-version.ts";
import { entriesIn } from "./entries.ts";

/** Questions for images answered by one statement: each may be for a hundred. */
const questionsPerStatement = 32;

/** What goes along with a change of images. */
export interface ImageTerms {
  /** Called after each change. */
  readonly announce: () => void;
  /** After how long a deletion of objects is repeated. */
  readonly putMsMax: number;
}

/** Images, their data and fingerprints in PostgreSQL. */
export function imagesIn(database: Database, { announce, putMsMax }: ImageTerms): Images {
  const visible = inBatches((wanted: readonly Wanted[]) => findVisible(database, wanted), {
    sizeMax: questionsPerStatement,
  });
  return {
    add: async (image, stored) => {
      const added = await addImage(database, image, stored);
      if (added.kind === "created") announce();
      return added;
    },
    find: async (id, viewer) => (await visible({ ids: [id], viewer }))[0],
    findMany: (ids, viewer) => visible({ ids, viewer }),
    findBySha256: (sha256, viewer, limit) => findBySha256(database, { sha256, limit }, viewer),
    findOwned: (sha256, ownerId) => findOwned(database, sha256, ownerId),
    whichOwned: (sha256s, ownerId) => whichOwned(database, sha256s, ownerId),
    list: (ownerId, page) => list(database, ownerId, page),
    remove: async (id, ownerId, moreKeys = []) => {
      const removed = await remove(database, { id, ownerId, moreKeys, putMsMax });
      if (removed) announce();
      return removed;
    },
    entries: () => entriesIn(database),
    count: (viewer) => count(database, viewer),
  };
}

/** An image as the columns of it arrive. */
export interface ImageRow {
  readonly id: string;
  readonly owner_id: string;
  readonly owner_audience: number;
  readonly visibility: Image["visibility"];
  readonly file: string;
  readonly sha256: string;
  readonly created_at: Date;
  readonly format: Image["format"];
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly original_key: string;
  readonly thumbnail_key: string;
  readonly fingerprints: readonly { algorithm: Fingerprint["algorithm"]; code: string; quality: number }[];
}

/** Columns of an image. `bit_send` puts the length in bits (4 bytes) before a bit string's bytes. */
export const imageColumns: string = `
  i.id, i.owner_id, u.audience as owner_audience, i.visibility, i.file, encode(i.sha256, 'hex') as sha256, i.created_at,
  d.format, d.width, d.height, d.bytes, d.original_key, d.thumbnail_key,
  (select coalesce(json_agg(json_build_object(
     'algorithm', f.algorithm, 'code', encode(substring(bit_send(f.code) from 5), 'hex'), 'quality', f.quality)
     order by f.algorithm), '[]')
   from fingerprints f where f.image_id = i.id) as fingerprints`;

/** Where the columns come from. */
export const imageTables: string = "images i join image_data d on d.image_id = i.id join users u on u.id = i.owner_id";

/** The image that a row is. */
export function toImage(row: ImageRow): Image {
  return {
    id: row.id,
    owner: { id: row.owner_id, audience: row.owner_audience },
    visibility: row.visibility,
    file: row.file,
    format: row.format,
    width: row.width,
    height: row.height,
    bytes: row.bytes,
    sha256: row.sha256,
    createdAt: row.created_at,
    fingerprints: row.fingerprints.map(toFingerprint),
    keys: { original: row.original_key, thumbnail: row.thumbnail_key },
  };
}

function toFingerprint({ algorithm, code, quality }: ImageRow["fingerprints"][number]): Fingerprint {
  const bytes = fromHex(code);
  if (!bytes) throw new Error(`The database holds a fingerprint of ${code.length} digits; expected 64.`);
  return { algorithm, code: bytes, quality };
}

/** Adds an image whole, unless its owner has the same bytes; where the connection is a transaction's, as part of it. */
export async function addImage(on: Connection, image: Image, stored: StoredImage): Promise<AddedImage> {
  const { wasNoted, isNew } = await addNoted(on, image, stored);
  if (!wasNoted) return { kind: "given-up" };
  if (isNew) return { kind: "created" };
  const existing = await findOwned(on, image.sha256, image.owner.id);
  // Between the two statements its owner may have removed it: then the bytes are new again.
  return existing ? { kind: "duplicate", image: existing } : addImage(on, image, stored);
}

/**
 * Adds the image in place of the note of its objects, if there is one and the image is new. Waits for another transaction that adds the same
 * bytes of the same owner, or gives the note up, at this moment. One statement, since each costs a round trip.
 */
async function addNoted(
  on: Connection,
  image: Image,
  { original, thumbnail, features, oriented = [] }: StoredImage,
): Promise<{ wasNoted: boolean; isNew: boolean }> {
  const [row] = await on.query<{ was_noted: boolean; is_new: boolean }>(
    `with note as (
       select id from bucket_puts where id = $1 for update
     ), added as (
       insert into images (id, owner_id, visibility, file, sha256, created_at)
       select note.id, $2, $3, $4, decode($5, 'hex'), $6 from note
       on conflict (owner_id, sha256) do nothing
       returning id
     ), described as (
       insert into image_data
         (image_id, format, width, height, bytes, original_key, original_generation,
          thumbnail_key, thumbnail_generation, thumbnail_bytes, thumbnail_sha256, derived_version)
       select id, $7, $8, $9, $10, $11, $12, $13, $14, $15, decode($16, 'hex'), $23 from added
     ), fingerprinted as (
       insert into fingerprints (image_id, algorithm, code, quality, mirrored)
       select added.id, f.algorithm, f.code::bit(256), f.quality, f.mirrored::bit(768)
       from added cross join unnest($17::text[], $18::text[], $19::smallint[], $20::text[]) as f (algorithm, code, quality, mirrored)
     ), featured as (
       insert into local_features (image_id, version, packed)
       select id, $21, $22 from added where $22::bytea is not null
     ), finished as (
       delete from bucket_puts using added where bucket_puts.id = added.id
     )
     select exists (select from note) as was_noted, exists (select from added) as is_new`,
    [
      ...[image.id, image.owner.id, image.visibility, image.file, image.sha256, image.createdAt],
      ...[image.format, image.width, image.height, image.bytes],
      ...[image.keys.original, original.generation],
      ...[image.keys.thumbnail, thumbnail?.generation, thumbnail?.bytes, thumbnail?.sha256],
      ...fingerprintColumns(image.fingerprints, oriented),
      ...[features?.[0], features],
      thumbnail && features?.[0] === featuresVersion ? derivedVersion : 0,
    ],
    { name: "add-image" },
  );
  return { wasNoted: row?.was_noted ?? false, isNew: row?.is_new ?? false };
}

/** Columns of fingerprints as four arrays: algorithm, code, quality, and the mirrored codes where they are known. */
export function fingerprintColumns(
  fingerprints: readonly Fingerprint[],
  oriented: readonly OrientedFingerprint[],
): [string[], string[], number[], (string | null)[]] {
  const mirrored = new Map(oriented.map(({ fingerprint, codes }) => [fingerprint.algorithm, mirroredBits(codes)]));
  return [
    fingerprints.map(({ algorithm }) => algorithm),
    fingerprints.map(({ code }) => `x${toHex(code)}`),
    fingerprints.map(({ quality }) => quality),
    fingerprints.map(({ algorithm }) => mirrored.get(algorithm) ?? null),
  ];
}

function mirroredBits(codes: OrientedFingerprint["codes"]): string {
  return `x${mirrorings.map((name) => toHex(codes[name])).join("")}`;
}

/** Images to be found, and for whom. */
interface Wanted {
  readonly ids: readonly string[];
  readonly viewer: Viewer;
}

/** What each of the askers may see of what they want, in their order: every search ends with this, so it is planned once. */
async function findVisible(on: Connection, wanted: readonly Wanted[]): Promise<Image[][]> {
  const rows = await on.query<ImageRow & { asker: number }>(
    `select w.asker, ${imageColumns}
     from unnest($1::int[], $2::uuid[], $3::uuid[]) as w (asker, image_id, viewer_id)
     join (${imageTables}) on i.id = w.image_id and (i.visibility = 'public' or i.owner_id = w.viewer_id)`,
    [
      wanted.flatMap(({ ids }, asker) => ids.map(() => asker)),
      wanted.flatMap(({ ids }) => ids),
      wanted.flatMap(({ ids, viewer }) => ids.map(() => viewer.id)),
    ],
    { name: "visible-images" },
  );
  const answers: Image[][] = wanted.map(() => []);
  for (const row of rows) answers[row.asker]?.push(toImage(row));
  return answers;
}

async function findBySha256(
  on: Connection,
  what: { readonly sha256: string; readonly limit: number },
  viewer: Viewer,
): Promise<Image[]> {
  const rows = await on.query<ImageRow>(
    `select ${imageColumns} from ${imageTables}
     where i.sha256 = decode($1, 'hex') and (i.visibility = 'public' or i.owner_id = $2)
     order by i.id limit $3`,
    [what.sha256, viewer.id, what.limit],
  );
  return rows.map(toImage);
}

async function findOwned(on: Connection, sha256: string, ownerId: string): Promise<Image | undefined> {
  const [row] = await on.query<ImageRow>(
    `select ${imageColumns} from ${imageTables} where i.owner_id = $1 and i.sha256 = decode($2, 'hex')`,
    [ownerId, sha256],
    { name: "owned-image" },
  );
  return row && toImage(row);
}

async function whichOwned(
  on: Connection,
  sha256s: readonly string[],
  ownerId: string,
): Promise<{ sha256: string; id: string }[]> {
  return on.query<{ sha256: string; id: string }>(
    `select encode(sha256, 'hex') as sha256, id from images
     where owner_id = $1 and sha256 in (select decode(digits, 'hex') from unnest($2::text[]) as digits)`,
    [ownerId, sha256s],
    { name: "owned-checksums" },
  );
}

/** One row more than the page holds tells whether another page follows. */
async function list(on: Connection, ownerId: string, page: Parameters<Images["list"]>[1]): Promise<Page<Image>> {
  const rows = await on.query<ImageRow>(
    `select ${imageColumns} from ${imageTables}
     where i.owner_id = $1 and ($2::uuid is null or i.id < $2)
     order by i.id desc limit $3`,
    [ownerId, page.after ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map(toImage);
  return { items, next: rows.length > page.limit ? items.at(-1)?.id : undefined };
}

async function remove(
  on: Connection,
  what: { id: string; ownerId: string; moreKeys: readonly string[]; putMsMax: number },
): Promise<{ keys: string[] } | undefined> {
  const rows = await on.query<{ key: string }>(
    `with removed as (
       delete from images where id = $1 and owner_id = $2 returning id
     ), gone as (
       select unnest(array[d.original_key, d.thumbnail_key] || $3::text[]) as key
       from image_data d join removed on removed.id = d.image_id
     ), noted as (
       insert into bucket_deletions (key, final_at) select key, now() + $4 * interval '1 ms' from gone
       on conflict (key) do update set due_at = now(), final_at = excluded.final_at
     )
     select key from gone`,
    [what.id, what.ownerId, what.moreKeys, what.putMsMax],
  );
  return rows.length > 0 ? { keys: rows.map(({ key }) => key) } : undefined;
}

async function count(on: Connection, viewer?: Viewer): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    `select (select count(*) from images where visibility = 'public')
          + (select count(*) from images where visibility = 'private' and owner_id = $1) as count`,
    [viewer?.id ?? null],
  );
  return row?.count ?? 0;
}
