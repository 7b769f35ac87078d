import { drawnLibrary } from "../product/drawn-library.ts";
import type { Run } from "../report.ts";
import { mapAtOnce, median, round } from "../statistics.ts";

const restarts = 5;
const restartMsMax = 5_000;

/** How long the first start takes, and a restart with a full library. */
export const run: Run = async (room) => {
  const { library, images, firstStartMs, uploadsPerSecond } = await room.share(drawnLibrary);
  const times = await mapAtOnce(Array.from({ length: restarts }), 1, async () => {
    await library.restart();
    return library.server.readyMs;
  });
  const reached = median(times) < restartMsMax ? "reached" : "MISSED";
  return {
    kind: "measured",
    tables: [
      {
        title: "From the start of the process to the ready line, ms",
        columns: ["start", "runs", "median", "slowest", "target"],
        rows: [
          ["the first, on an empty data folder", 1, round(firstStartMs), round(firstStartMs), ""],
          [
            `again, with ${images} images`,
            restarts,
            round(median(times)),
            round(Math.max(...times)),
            `< ${restartMsMax}: ${reached}`,
          ],
        ],
        notes: [
          `The embedded database is part of it. The ${images} images are drawn, 160 × 120, and came through the API by 32 in two requests at once, ${round(uploadsPerSecond)} a second.`,
        ],
      },
    ],
  };
};
