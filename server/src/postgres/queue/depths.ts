import { type LaneDepth, lanes } from "../../ports.ts";
import type { Connection } from "../database.ts";
import { derivedVersion } from "../derived-version.ts";
import { asideName } from "./lane-settings.ts";

interface DepthRow {
  readonly lane: string;
  readonly planned: number;
  readonly waiting: number;
  readonly running: number;
  readonly set_aside: number;
  readonly waiting_since: Date | null;
}

/**
 * Counted from pg-boss's table: its own counts are those of its last look. States are ordered: created, retry, active, completed …
 * Planned are the images of an older version that have no task.
 */
export async function depths(on: Connection): Promise<LaneDepth[]> {
  const rows = await on.query<DepthRow>(
    `select lane,
            case when lane = 'maintenance' then
              greatest((select count(*) from image_data where derived_version < $3) - count(j.id), 0)
            else 0 end as planned,
            count(*) filter (where j.name = lane and j.state < 'active') as waiting,
            count(*) filter (where j.name = lane and j.state = 'active') as running,
            count(*) filter (where j.name = $2) as set_aside,
            min(j.created_on) filter (where j.name = lane and j.state < 'active') as waiting_since
     from unnest($1::text[]) as lane
     left join pgboss.job j on (j.name = lane and j.state <= 'active') or (j.name = $2 and j.source_name = lane and j.state < 'active')
     group by lane`,
    [lanes, asideName, derivedVersion],
  );
  return lanes.map((lane) => {
    const row = rows.find((one) => one.lane === lane);
    return {
      lane,
      planned: row?.planned ?? 0,
      waiting: row?.waiting ?? 0,
      running: row?.running ?? 0,
      setAside: row?.set_aside ?? 0,
      waitingSince: row?.waiting_since ?? undefined,
    };
  });
}

/** Tasks of a lane that wait, all and those of one owner. Bounded as the lane is, and so quick to count. */
export async function waitingTasks(
  on: Connection,
  what: { readonly lane: string; readonly ownerId: string },
): Promise<{ readonly all: number; readonly own: number }> {
  const [row] = await on.query<{ all: number; own: number }>(
    `select count(*) as all, count(*) filter (where group_id = $2) as own
     from pgboss.job where name = $1 and state < 'active'`,
    [what.lane, what.ownerId],
  );
  return row ?? { all: 0, own: 0 };
}
