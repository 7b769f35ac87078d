import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { type Database, openDatabase } from "../../server/src/postgres/database.ts";
import { derivedVersion } from "../../server/src/postgres/derived-version.ts";
import { codeBytes } from "../hamming/sets.ts";

/** Codes of so many images, one after another: PDQ's and dct256's; and each one's packed local features, if they are to have any. */
export interface Crowd {
  readonly pdq: Uint8Array;
  readonly dct256: Uint8Array;
  readonly featuresOf?: (index: number) => Uint8Array;
}

const rowsPerStatement = 10_000;
/** Rows of features, 8 kB each, in one statement. */
const featureRowsPerStatement = 500;
const loadTimeoutMs = 10 * 60_000;

/**
 * Writes public images of one owner straight into a database, past the API and without their notes to followers: a million take
 * a minute where uploads would take a day. They have no objects in any bucket, and count as derived by this version, so that no server
 * looks for those.
 */
export async function crowdDatabase(url: string, { pdq, dct256, featuresOf }: Crowd): Promise<void> {
  const catalog = await openCatalog({ url });
  const ownerId = crowdOwnerId;
  const owner = { id: ownerId, email: "crowd@example.org", emailKey: "crowd@example.org", passwordHash: "none" };
  await catalog.accounts.addUser({ ...owner, createdAt: new Date() });
  await catalog.close();
  const database = openDatabase({ url, connectionsMax: 1, statementTimeoutMs: loadTimeoutMs });
  try {
    // Triggers would note every image as a change: a server that starts without a snapshot reads all images anyway.
    await database.query("set session_replication_role = replica", []);
    const count = pdq.length / codeBytes;
    for (let first = 0; first < count; first += rowsPerStatement) {
      const rows = { first: first + 1, count: Math.min(rowsPerStatement, count - first) };
      await addImages(database, ownerId, rows);
      await addFingerprints(database, rows, { algorithm: "pdq", codes: pdq });
      await addFingerprints(database, rows, { algorithm: "dct256", codes: dct256 });
    }
    if (featuresOf) await addFeatures(database, count, featuresOf);
    for (const table of ["images", "image_data", "fingerprints", "local_features"])
      await database.query(`vacuum analyze ${table}`, []);
  } finally {
    await database.close();
  }
}

/** The id of the nth image, counted from 1. */
export function idOf(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** The id of the person whose images they are. */
export const crowdOwnerId: string = idOf(0);

interface Rows {
  readonly first: number;
  readonly count: number;
}

async function addImages(on: Database, ownerId: string, { first, count }: Rows): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => idOf(first + i));
  await on.query(
    `insert into images (id, owner_id, visibility, file, sha256, created_at)
     select id, $2, 'public', 'picture.jpg', sha256(uuid_send(id)), now() from unnest($1::uuid[]) id`,
    [ids, ownerId],
  );
  await on.query(
    `insert into image_data
       (image_id, format, width, height, bytes, original_key, thumbnail_key, thumbnail_bytes, thumbnail_sha256, derived_version)
     select id, 'jpeg', 4000, 3000, 3000000, 'originals/' || id, 'thumbnails/' || id, 10000, sha256(uuid_send(id)), $2
     from unnest($1::uuid[]) id`,
    [ids, derivedVersion],
  );
}

async function addFingerprints(
  on: Database,
  { first, count }: Rows,
  { algorithm, codes }: { algorithm: "pdq" | "dct256"; codes: Uint8Array },
): Promise<void> {
  const of = (i: number): Buffer => Buffer.from(codes.buffer, codes.byteOffset + i * codeBytes, codeBytes);
  await on.query(
    `insert into fingerprints (image_id, algorithm, code, quality)
     select f.id, $3, f.code::bit(256), 100 from unnest($1::uuid[], $2::text[]) as f (id, code)`,
    [
      Array.from({ length: count }, (_, i) => idOf(first + i)),
      Array.from({ length: count }, (_, i) => `x${of(first - 1 + i).toString("hex")}`),
      algorithm,
    ],
  );
}

async function addFeatures(on: Database, count: number, featuresOf: (index: number) => Uint8Array): Promise<void> {
  for (let first = 0; first < count; first += featureRowsPerStatement) {
    const indexes = Array.from({ length: Math.min(featureRowsPerStatement, count - first) }, (_, i) => first + i);
    await on.query(
      `insert into local_features (image_id, version, packed)
       select f.id, get_byte(f.packed, 0), f.packed from unnest($1::uuid[], $2::bytea[]) as f (id, packed)`,
      [indexes.map((index) => idOf(index + 1)), indexes.map((index) => Buffer.from(featuresOf(index)))],
    );
  }
}
