import { drawnLibrary } from "../product/drawn-library.ts";
import { uploadNew } from "../product/library.ts";
import {
  drawPhotographs,
  middleMegabytes,
  type Timing,
  timingColumns,
  timingRow,
} from "../product/photograph-timing.ts";
import { timePhases } from "../product/upload-phases.ts";
import type { Run } from "../report.ts";
import { mapAtOnce, timed } from "../statistics.ts";

const uploads = 21;

/** How long the upload of a 12-megapixel JPEG takes until it is answered, and its phases. */
export const run: Run = async (room) => {
  const { library, images } = await room.share(drawnLibrary);
  room.say("drawing photographs");
  const [first, ...photographs] = await drawPhotographs(1, uploads + 1);
  if (!first) throw new Error("no photograph was drawn");
  await uploadNew(library.owner, [first]);
  const times = await mapAtOnce(photographs, 1, async (photograph) => {
    return (await timed(() => uploadNew(library.owner, [photograph]))).ms;
  });
  const whole: Timing = { what: "over HTTP, until answered", times, medianMsMax: 400 };
  const phases = await timePhases(photographs);
  return {
    kind: "measured",
    tables: [
      {
        title: `Upload of a 12-megapixel JPEG to a library of ${images} images, ms`,
        columns: timingColumns,
        rows: [whole, ...phases].map(timingRow),
        notes: [
          `4000 × 3000, ${middleMegabytes(photographs)} MB, drawn, each another, one after the other. The phases were taken apart afterwards with the same adapters in the bench's own process and a database with nothing else in it; the server puts original and thumbnail at once.`,
        ],
      },
    ],
  };
};
