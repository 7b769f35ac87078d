import { pauseColumns, pauseRows } from "../hamming/pauses.ts";
import type { Run } from "../report.ts";

/** For how long the event loop of a server is held up by an index of a million images that changes and is written. */
export const run: Run = async (room) => ({
  kind: "measured",
  tables: [{ title, columns: pauseColumns, rows: await pauseRows(room.say), notes }],
});

const title = "Pauses with a million images, two codes each";

const notes = [
  "Changed: taken in anew, which removes and adds both codes. On a busy machine the event loop also waits for its turn on a core, which the last column tells and the one before does not count.",
  "To reach: ≥ 50,000 codes a second, no pause over 20 ms. A snapshot is read before a server takes requests.",
];
