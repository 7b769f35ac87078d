import type { Weight } from "../product/weight.ts";
import { corpusLibrary } from "../quality/corpus-library.ts";
import type { Run, Table } from "../report.ts";
import { round } from "../statistics.ts";

const serverMegabytesMax = 500;

/** What the server weighs after the corpus was uploaded to it, decoders and PostgreSQL apart. */
export const run: Run = async (room) => {
  const filled = await room.share(corpusLibrary);
  if ("missing" in filled) return { kind: "skipped", why: filled.missing };
  return { kind: "measured", tables: [tableOf(filled.weights)] };
};

function tableOf(weights: readonly Weight[]): Table {
  const after = weights.at(-1)?.memory.server ?? Number.NaN;
  return {
    title: "Memory, MB",
    columns: ["when", "server", "its heap in use", "decoders", "PostgreSQL", "launchers", "longest stall, ms"],
    rows: weights.map(({ when, memory, runtime }) => [
      when,
      round(memory.server),
      round(runtime.heapUsedMegabytes),
      round(memory.decoders),
      round(memory.postgres),
      round(memory.other),
      round(runtime.stallMaxMs),
    ]),
    notes: [
      `The server is to stay under ${serverMegabytesMax} MB: ${after < serverMegabytesMax ? "it does" : "it does NOT"}. Its figure is resident memory; those of its children share common pages out (PSS).`,
      "A stall is the longest time that one turn held the server's event loop since the row before.",
    ],
  };
}
