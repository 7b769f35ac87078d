import type { Connection } from "../database.ts";

/** Makes a user directly in the database; returns the id. */
export async function insertUser(on: Connection): Promise<string> {
  const [row] = await on.query<{ id: string }>(
    `insert into users (id, email, email_key, password_hash, created_at)
     select id, id::text, id::text, '', now() from gen_random_uuid() id returning id`,
    [],
  );
  return row?.id ?? "";
}

/** Makes public images of one owner directly in the database, each with its checksum as its code; returns their ids. */
export async function insertImages(on: Connection, ownerId: string, count: number): Promise<string[]> {
  const rows = await on.query<{ id: string }>(
    `with made as (
       select gen_random_uuid() as id from generate_series(1, $2::int)
     ), added as (
       insert into images (id, owner_id, visibility, file, sha256, created_at)
       select id, $1, 'public', 'a.jpg', sha256(id::text::bytea), now() from made
       returning id, sha256
     ), marked as (
       insert into fingerprints select id, 'pdq', ('x' || encode(sha256, 'hex'))::bit(256), 100 from added
     )
     select id from added`,
    [ownerId, count],
  );
  return rows.map(({ id }) => id);
}
