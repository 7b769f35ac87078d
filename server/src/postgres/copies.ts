import { eightCodes } from "@utsuru/core/eight-codes";
import { type Algorithm, codeBytes } from "@utsuru/core/fingerprint";
import type { Orientation } from "@utsuru/core/orientations";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import type { Compared, Copies, CopyGroup, CopyOf, Head, OrientedImage, Page } from "../ports.ts";
import type { Connection, Database } from "./database.ts";
import { type EntryRow, entryColumns, entryTables, toEntry } from "./entries.ts";

/** Groups of copies in PostgreSQL. */
export function copiesIn(database: Database): Copies {
  return {
    pending: (ownerId, page) => pending(database, ownerId, page),
    countPending: (ownerId) => countPending(database, ownerId),
    round: (ownerId) => readRound(database, ownerId),
    heads: (ownerId, page) => heads(database, ownerId, page),
    note: (ownerId, compared) => database.transaction((connection) => note(connection, ownerId, compared)),
    groups: (ownerId, page) => groups(database, ownerId, page),
  };
}

interface PendingRow {
  readonly image_id: string;
  readonly algorithms: readonly Algorithm[];
  readonly qualities: readonly number[];
  readonly codes: Buffer;
}

const isPending = "i.owner_id = $1 and not exists (select from image_copies c where c.image_id = i.id)";

/**
 * Of each fingerprint four codes: as it is, mirrored top to bottom, left to right, and both. Mirroring turns the sign of every other row
 * or column of coefficients, so where mirrored codes were not kept, every other row or column of bits is turned over.
 */
const fourCodes = `substring(bit_send(code || coalesce(mirrored,
  (code # repeat('${"0".repeat(16)}${"1".repeat(16)}', 8)::bit(256)) ||
  (code # repeat('01', 128)::bit(256)) ||
  (code # repeat('${"01".repeat(8)}${"10".repeat(8)}', 8)::bit(256)))) from 5)`;

type After = { readonly limit: number; readonly after?: string | undefined };

async function pending(on: Connection, ownerId: string, { limit, after }: After): Promise<OrientedImage[]> {
  const rows = await on.query<PendingRow>(
    `select i.id as image_id, f.algorithms, f.qualities, f.codes
     from images i cross join lateral (
       select coalesce(array_agg(algorithm order by algorithm), '{}') as algorithms,
              coalesce(array_agg(quality order by algorithm), '{}') as qualities,
              coalesce(string_agg(${fourCodes}, ''::bytea order by algorithm), '') as codes
       from fingerprints where image_id = i.id
     ) f
     where ${isPending} and ($3::uuid is null or i.id > $3) order by i.id limit $2`,
    [ownerId, limit, after ?? null],
  );
  return rows.map(toOriented);
}

function toOriented({ image_id, algorithms, qualities, codes }: PendingRow): OrientedImage {
  const code = (at: number): Uint8Array => Uint8Array.from(codes.subarray(at * codeBytes, (at + 1) * codeBytes));
  const fingerprints = algorithms.map((algorithm, i): OrientedFingerprint => {
    const [identity, vertical, horizontal, both] = [code(4 * i), code(4 * i + 1), code(4 * i + 2), code(4 * i + 3)];
    const all = eightCodes({
      identity,
      "flip-vertical": vertical,
      "flip-horizontal": horizontal,
      "rotate-180": both,
    });
    return { fingerprint: { algorithm, code: identity, quality: qualities[i] ?? 0 }, codes: all };
  });
  return { imageId: image_id, fingerprints };
}

async function countPending(on: Connection, ownerId: string): Promise<number> {
  const [row] = await on.query<{ count: number }>(`select count(*) as count from images i where ${isPending}`, [
    ownerId,
  ]);
  return row?.count ?? 0;
}

async function readRound(on: Connection, ownerId: string): Promise<number> {
  const [row] = await on.query<{ round: number }>("select copies_round as round from users where id = $1", [ownerId]);
  return row?.round ?? 0;
}

async function heads(on: Connection, ownerId: string, { limit, after }: After): Promise<Head[]> {
  const rows = await on.query<EntryRow>(
    `select ${entryColumns} from ${entryTables}
     join image_copies c on c.image_id = i.id and c.head_id = i.id
     where i.owner_id = $1 and ($2::uuid is null or i.id > $2) order by i.id limit $3`,
    [ownerId, after ?? null, limit],
  );
  return rows.map(toEntry);
}

async function note(
  on: Connection,
  ownerId: string,
  { round, headIds, copies }: Compared,
): Promise<{ round: number; goneHeads: string[] } | undefined> {
  if (!(await beginRound(on, ownerId, round))) return undefined;
  await addHeads(on, headIds, ownerId);
  const added = new Set(await addCopies(on, copies, ownerId));
  const left = copies.filter(({ imageId }) => !added.has(imageId));
  const goneHeads = await notHeads(on, [...new Set(left.map(({ headId }) => headId))]);
  return { round: round + 1, goneHeads };
}

/** Whoever began another round meanwhile is waited for, and then this one is not begun. */
async function beginRound(on: Connection, ownerId: string, round: number): Promise<boolean> {
  const rows = await on.query(
    "update users set copies_round = copies_round + 1 where id = $1 and copies_round = $2 returning id",
    [ownerId, round],
  );
  return rows.length > 0;
}

/** The images are locked, so that none is deleted before its row is written. In the order of ids, so that two who do so wait, never for each other. */
async function addHeads(on: Connection, imageIds: readonly string[], ownerId: string): Promise<void> {
  await on.query(
    `insert into image_copies (image_id, owner_id, head_id, distance, orientation, inverted)
     select id, owner_id, id, 0, 'identity', false
     from images where id = any ($1::uuid[]) and owner_id = $2
     order by id for key share
     on conflict (image_id) do nothing`,
    [imageIds, ownerId],
  );
}

/** Adds those whose head is one; returns which. */
async function addCopies(on: Connection, copies: readonly CopyOf[], ownerId: string): Promise<string[]> {
  const rows = await on.query<{ image_id: string }>(
    `insert into image_copies (image_id, owner_id, head_id, distance, orientation, inverted)
     select i.id, i.owner_id, h.image_id, c.distance, c.orientation, c.inverted
     from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::boolean[])
       as c (id, head_id, distance, orientation, inverted)
     join image_copies h on h.image_id = c.head_id and h.head_id = c.head_id and h.owner_id = $6
     join images i on i.id = c.id and i.owner_id = h.owner_id
     order by i.id for key share of i, h
     on conflict (image_id) do nothing
     returning image_id`,
    [
      copies.map(({ imageId }) => imageId),
      copies.map(({ headId }) => headId),
      copies.map(({ distance }) => distance),
      copies.map(({ orientation }) => orientation),
      copies.map(({ inverted }) => inverted),
      ownerId,
    ],
  );
  return rows.map(({ image_id }) => image_id);
}

async function notHeads(on: Connection, imageIds: readonly string[]): Promise<string[]> {
  if (imageIds.length === 0) return [];
  const rows = await on.query<{ id: string }>(
    `select id from unnest($1::uuid[]) as id
     where not exists (select from image_copies c where c.image_id = id and c.head_id = id)`,
    [imageIds],
  );
  return rows.map(({ id }) => id);
}

interface GroupRow {
  readonly head_id: string;
  readonly count: number;
  readonly best_id: string;
  readonly members: readonly {
    readonly image_id: string;
    readonly distance: number;
    readonly orientation: Orientation;
    readonly inverted: boolean;
  }[];
}

/** One group more than the page holds tells whether another page follows. */
async function groups(
  on: Connection,
  ownerId: string,
  page: Parameters<Copies["groups"]>[1],
): Promise<Page<CopyGroup>> {
  const rows = await on.query<GroupRow>(
    `select h.head_id, n.count, b.best_id, m.members
     from (
       select distinct head_id from image_copies
       where owner_id = $1 and image_id <> head_id and ($2::uuid is null or head_id > $2)
       order by head_id limit $3
     ) h cross join lateral (
       select count(*) as count from image_copies where head_id = h.head_id and image_id <> head_id
     ) n cross join lateral (
       select c.image_id as best_id from image_copies c join image_data d on d.image_id = c.image_id
       where c.head_id = h.head_id
       order by d.width::bigint * d.height desc, d.bytes desc, c.image_id limit 1
     ) b cross join lateral (
       select json_agg(nearest) as members from (
         select image_id, distance, orientation, inverted from image_copies
         where head_id = h.head_id and image_id <> head_id
         order by distance, image_id limit $4
       ) nearest
     ) m
     order by h.head_id`,
    [ownerId, page.after ?? null, page.limit + 1, page.membersMax],
  );
  const items = rows.slice(0, page.limit).map(toGroup);
  return { items, next: rows.length > page.limit ? items.at(-1)?.headId : undefined };
}

function toGroup({ head_id, count, best_id, members }: GroupRow): CopyGroup {
  return {
    headId: head_id,
    count,
    bestId: best_id,
    members: members.map(({ image_id, ...change }) => ({ imageId: image_id, ...change })),
  };
}
