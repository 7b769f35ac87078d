import { type Algorithm, codeBytes, type Fingerprint } from "@utsuru/core/fingerprint";
import type { IndexEntry } from "../ports.ts";
import type { Connection } from "./database.ts";
import { inBatches } from "./in-batches.ts";

/** A batch is one statement: large enough that round trips do not count, small enough to hold and to leave other work its turn. */
const batchSize = 5_000;

/** Every image with its fingerprints, in batches by id. An image that comes or goes meanwhile may or may not be among them. */
export async function* entriesIn(on: Connection): AsyncIterable<readonly IndexEntry[]> {
  const read = (after: string | null) => readBatch(on, after);
  for await (const rows of inBatches({ size: batchSize, read, idOf: (row) => row.image_id })) yield rows.map(toEntry);
}

/** The entries of those of the images that exist, by image id. */
export async function entriesOf(on: Connection, imageIds: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>> {
  const rows = await on.query<EntryRow>(`select ${entryColumns} from ${entryTables} where i.id = any ($1::uuid[])`, [
    imageIds,
  ]);
  return new Map(rows.map((row) => [row.image_id, toEntry(row)]));
}

/** One row an image: `codes` are those of the algorithms one after another. */
export interface EntryRow {
  readonly image_id: string;
  readonly audience: number;
  readonly algorithms: readonly Algorithm[];
  readonly qualities: readonly number[];
  readonly codes: Buffer;
}

/** Columns of an entry. */
export const entryColumns: string = `
  i.id as image_id, case when i.visibility = 'public' then 0 else u.audience end as audience,
  f.algorithms, f.qualities, f.codes`;

/** Where the columns come from. `bit_send` puts the length in bits (4 bytes) before a bit string's bytes. */
export const entryTables: string = `
  images i join users u on u.id = i.owner_id cross join lateral (
    select coalesce(array_agg(algorithm order by algorithm), '{}') as algorithms,
           coalesce(array_agg(quality order by algorithm), '{}') as qualities,
           coalesce(string_agg(substring(bit_send(code) from 5), ''::bytea order by algorithm), '') as codes
    from fingerprints where image_id = i.id
  ) f`;

async function readBatch(on: Connection, after: string | null): Promise<EntryRow[]> {
  return on.query<EntryRow>(
    `select ${entryColumns} from ${entryTables}
     where $1::uuid is null or i.id > $1
     order by i.id limit ${batchSize}`,
    [after],
  );
}

/** The entry that a row is. */
export function toEntry({ image_id, audience, algorithms, qualities, codes }: EntryRow): IndexEntry {
  const fingerprints = algorithms.map((algorithm, i): Fingerprint => {
    const code = Uint8Array.from(codes.subarray(i * codeBytes, (i + 1) * codeBytes));
    return { algorithm, code, quality: qualities[i] ?? 0 };
  });
  return { imageId: image_id, audience, fingerprints };
}
