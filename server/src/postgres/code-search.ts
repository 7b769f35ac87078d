import { algorithms, toHex } from "@utsuru/core/fingerprint";
import { type CodeSpace, codeSpaces, copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import type { CodeNeighbour, CodeQuery, CodeSearch, Viewer } from "../ports.ts";
import { keysToTry } from "./code-bands.ts";
import { type CodeIndexStatement, makeCodeIndexes } from "./code-indexes.ts";
import type { Database } from "./database.ts";

/** Search for near codes in PostgreSQL; `openForUpkeep` gives one connection for statements that take long. */
export function codeSearchIn(database: Database, openForUpkeep: () => Database): CodeSearch {
  return {
    prepare: async () => {
      const upkeep = openForUpkeep();
      try {
        await makeCodeIndexes(upkeep, codeSpaces.map(indexStatement));
      } finally {
        await upkeep.close();
      }
    },
    near: (query, viewer) => near(database, query, viewer),
  };
}

/** The rows that hold codes of a space with enough detail: in these words in an index and in every question to it. */
function tellingOf(space: CodeSpace): string {
  const names = algorithms.filter((algorithm) => spaceOf(algorithm) === space).map((algorithm) => `'${algorithm}'`);
  return `algorithm in (${names.join(", ")}) and quality >= ${qualityMin}`;
}

/** `fastupdate` would leave new codes in a list that every question reads through. */
function indexStatement(space: CodeSpace): CodeIndexStatement {
  const name = `fingerprints_bands_${space}`;
  return {
    name,
    sql: `create index concurrently ${name} on fingerprints using gin (code_bands(code))
          with (fastupdate = off) where ${tellingOf(space)}`,
  };
}

/**
 * The statement that answers for so many codes at once, a branch for each: a look into the index, the distance of what has a band in
 * common, then who may see it. One list of keys for all codes would be slower: the index goes through it for every row it meets.
 *
 * Keys stand in a scalar subquery so that the planner, who would think hundreds of known ones dear, does not look at them; a table
 * partitioned over other servers sends them along, where it would send nothing of a join with a list of codes.
 */
function nearStatement(space: CodeSpace, codes: number): string {
  const branches = Array.from({ length: codes }, (_, number) => {
    const [code, keys] = [`$${2 * number + 3}::bit(256)`, `$${2 * number + 4}::integer[]`];
    return `
      select image_id, bit_count(code # ${code}) as distance, ${number} as number
      from fingerprints
      where ${tellingOf(space)} and code_bands(code) && (select ${keys}) and bit_count(code # ${code}) <= ${copyDistanceMax[space]}`;
  });
  return `
    with near as (${branches.join(" union all ")}
    ), nearest as (
      select distinct on (image_id) image_id, distance, number from near order by image_id, distance, number
    )
    select n.image_id, n.distance, n.number as query
    from nearest n join images i on i.id = n.image_id
    where i.visibility = 'public' or i.owner_id = $1
    order by n.distance, n.image_id limit $2`;
}

interface NearRow {
  readonly image_id: string;
  readonly distance: number;
  readonly query: number;
}

/** The values of {@link nearStatement}. */
function nearValues({ codes, limit }: CodeQuery, viewer: Viewer): unknown[] {
  return [viewer.id, limit, ...codes.flatMap((code) => [`x${toHex(code)}`, `{${keysToTry(code)}}`])];
}

async function near(database: Database, query: CodeQuery, viewer: Viewer): Promise<CodeNeighbour[]> {
  if (query.codes.length === 0) return [];
  const rows = await database.transaction(async (connection) => {
    // Keys by the hundred look expensive to the planner, which would read the whole table instead (2 s for 100,000 codes), and
    // worth compiling the statement for (some 200 ms). Both hold for this transaction alone.
    await connection.query("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)", []);
    return connection.query<NearRow>(nearStatement(query.space, query.codes.length), nearValues(query, viewer));
  });
  return rows.map(({ image_id, distance, query: number }) => ({ imageId: image_id, distance, query: number }));
}
