import { newPerson, type Person } from "../../server/test/support/person.ts";
import { checkHoldings } from "../load/check-holdings.ts";
import { Holdings } from "../load/holdings.ts";
import { kinds, planRequests } from "../load/plan.ts";
import { prepareUpload, type Sent, send } from "../load/requests.ts";
import { openLibrary } from "../product/library.ts";
import { weigh } from "../product/weight.ts";
import type { Run, Table } from "../report.ts";
import { mapAtOnce, quantile, round, timed } from "../statistics.ts";

const requests = 5_000;
const connections = 32;
const persons = 4;
const held = 200;
/** Away from the seeds of the drawn library, so that no two pictures are one. */
const firstSeed = 1_000_000;

/** Mixed requests from many connections: nothing fails, nothing is lost, and how long each kind takes. */
export const run: Run = async (room) => {
  const library = await openLibrary();
  try {
    const { url } = library.server;
    const people = await Promise.all(Array.from({ length: persons }, () => newPerson({ url })));
    const holdings = new Holdings(firstSeed);
    await fillHoldings(holdings, people);
    const before = await weigh("before", library);
    room.say(`${requests} requests from ${connections} connections`);
    const answers = await timed(() =>
      mapAtOnce(planRequests(requests), connections, (kind, index) => send({ url, people, holdings }, kind, index)),
    );
    const after = await weigh("after", library);
    room.say(`checking ${holdings.present.length} pictures and ${holdings.deleted.length} deleted ones`);
    const broken = await checkHoldings(holdings);
    const { value: sent } = answers;
    const faults = [...sent.flatMap(({ wrong }) => wrong ?? []), ...broken];
    const notes = [
      `${sent.length} requests in ${round(answers.ms / 1000, 1)} s: ${round((sent.length / answers.ms) * 1000)} a second, the client on the same cores. Answers of 500 and above: ${sent.filter(({ status }) => status >= 500).length}.`,
      `Checked afterwards: ${holdings.present.length} pictures answered 201 (downloaded byte for byte as they were sent, found by their own bytes) and ${holdings.deleted.length} answered 204 (gone). Broken promises: ${broken.length}.`,
      `The server weighed ${round(before.memory.server)} MB before and ${round(after.memory.server)} MB after, its heap ${round(before.runtime.heapUsedMegabytes)} and ${round(after.runtime.heapUsedMegabytes)}; its event loop was held up ${round(after.runtime.stallMaxMs)} ms at most, p99 ${round(after.runtime.stallP99Ms)} ms.`,
      ...[...new Set(faults)].slice(0, 20).map((fault) => `FAULT: ${fault}.`),
    ];
    return { kind: "measured", tables: [{ ...tableOf(sent), notes }] };
  } finally {
    await library.close();
  }
};

async function fillHoldings(holdings: Holdings, people: readonly Person[]): Promise<void> {
  const owners = Array.from({ length: held }, (_, index) => people[index % people.length]).filter((one) => !!one);
  await mapAtOnce(owners, 2, async (owner) => {
    const { wrong } = await (await prepareUpload(holdings, owner))();
    if (wrong) throw new Error(wrong);
  });
}

function tableOf(sent: readonly Sent[]): Table {
  const rows = [...kinds, "all" as const].map((kind) => {
    const own = sent.filter((one) => kind === "all" || one.kind === kind);
    const times = own.map(({ ms }) => ms);
    const statuses = Map.groupBy(own, ({ status }) => status);
    const counted = [...statuses].map(([status, { length }]) => `${length} × ${status}`).join(", ");
    return [
      kind,
      own.length,
      round(quantile(times, 0.5)),
      round(quantile(times, 0.99)),
      round(Math.max(...times)),
      counted,
    ];
  });
  return {
    title: `${requests} mixed requests from ${connections} connections, ms until the answer was read`,
    columns: ["request", "times", "p50", "p99", "slowest", "answers"],
    rows,
  };
}
