import { type Algorithm, codeBytes } from "@utsuru/core/fingerprint";
import type { IndexEntry } from "../ports.ts";
import type { Connection } from "./database.ts";

/** A batch is one statement: large enough that round trips do not count, small enough to hold and to leave other work its turn. */
const batchSize = 5_000;

/** Every fingerprint of an algorithm, in batches by image id. An image that comes or goes meanwhile may or may not be among them. */
export async function* entriesIn(on: Connection, algorithm: Algorithm): AsyncIterable<readonly IndexEntry[]> {
  let after: string | null = null;
  do {
    const rows: EntryRow[] = await readBatch(on, algorithm, after);
    if (rows.length > 0) yield rows.map((row) => toEntry(row, algorithm));
    after = rows.length === batchSize ? (rows.at(-1)?.image_id ?? null) : null;
  } while (after !== null);
}

/** The entries of those of the images that have a fingerprint of the algorithm, by image id. */
export async function entriesOf(
  on: Connection,
  imageIds: readonly string[],
  algorithm: Algorithm,
): Promise<ReadonlyMap<string, IndexEntry>> {
  const rows = await on.query<EntryRow>(
    `select ${entryColumns} from ${entryTables} where f.image_id = any ($1::uuid[]) and f.algorithm = $2`,
    [imageIds, algorithm],
  );
  return new Map(rows.map((row) => [row.image_id, toEntry(row, algorithm)]));
}

interface EntryRow {
  readonly image_id: string;
  readonly audience: number;
  readonly sha256: string;
  readonly code: Buffer;
  readonly quality: number;
}

const entryColumns = `
  f.image_id, case when i.visibility = 'public' then 0 else u.audience end as audience,
  encode(i.sha256, 'hex') as sha256, bit_send(f.code) as code, f.quality`;

const entryTables = "fingerprints f join images i on i.id = f.image_id join users u on u.id = i.owner_id";

async function readBatch(on: Connection, algorithm: Algorithm, after: string | null): Promise<EntryRow[]> {
  return on.query<EntryRow>(
    `select ${entryColumns} from ${entryTables}
     where f.algorithm = $1 and ($2::uuid is null or f.image_id > $2)
     order by f.image_id limit ${batchSize}`,
    [algorithm, after],
  );
}

function toEntry(row: EntryRow, algorithm: Algorithm): IndexEntry {
  return {
    imageId: row.image_id,
    audience: row.audience,
    sha256: row.sha256,
    algorithm,
    code: Uint8Array.from(row.code.subarray(-codeBytes)), // bit_send puts the length before the bytes
    quality: row.quality,
  };
}
