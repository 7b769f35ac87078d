import { drawnLibrary } from "../product/drawn-library.ts";
import { encodeUpload, sendUpload } from "../product/encoded-upload.ts";
import { type Library, uploadNew } from "../product/library.ts";
import {
  drawPhotographs,
  middleMegabytes,
  type Timing,
  timingColumns,
  timingRow,
} from "../product/photograph-timing.ts";
import { webJpeg } from "../product/pictures.ts";
import { type Phase, timePhases } from "../product/upload-phases.ts";
import type { Run } from "../report.ts";
import { mapAtOnce, median, round, timed } from "../statistics.ts";

const uploads = 21;
/** Away from the seeds of other sections. */
const firstWebSeed = 6_000_000;
/** How much longer than its decoding, hashing and fsync an upload may take. */
const beyondMax = 0.25;

type Picture = { readonly name: string; readonly bytes: Buffer };

/** How long uploads of a 12-megapixel JPEG and of a picture of a web page take until they are answered, and their phases. */
export const run: Run = async (room) => {
  const { library, images } = await room.share(drawnLibrary);
  room.say("drawing photographs");
  const photographs = await drawPhotographs(1, uploads + 1);
  const seeds = Array.from({ length: uploads + 1 }, (_, index) => firstWebSeed + index);
  const small = await mapAtOnce(seeds, 1, async (seed) => ({ name: `${seed}.jpg`, bytes: await webJpeg(seed) }));
  return {
    kind: "measured",
    tables: [
      tableOf(`Upload of a 12-megapixel JPEG to a library of ${images} images, ms`, {
        ...(await timeUploads(library, photographs, 400)),
        pictures: `4000 × 3000, ${middleMegabytes(photographs)} MB`,
      }),
      tableOf("Upload of a JPEG of 500 × 375 to the same library, ms", {
        ...(await timeUploads(library, small)),
        pictures: `500 × 375, ${middleMegabytes(small)} MB`,
      }),
    ],
  };
};

interface Timed {
  readonly whole: Timing;
  readonly phases: readonly Phase[];
}

/** The first picture is for warming up alone. */
async function timeUploads(
  library: Library,
  [first, ...pictures]: readonly Picture[],
  medianMsMax?: number,
): Promise<Timed> {
  if (!first) throw new Error("no picture was drawn");
  await uploadNew(library.owner, [first]);
  const times = await mapAtOnce(pictures, 1, async (picture) => {
    const encoded = await encodeUpload(picture);
    return (await timed(() => sendUpload(library, encoded))).ms;
  });
  const whole = { what: "over HTTP, until answered", times, ...(medianMsMax === undefined ? {} : { medianMsMax }) };
  return { whole, phases: await timePhases(pictures) };
}

function tableOf(title: string, { whole, phases, pictures }: Timed & { readonly pictures: string }) {
  const neededMs = phases
    .filter(({ isBeyond }) => !isBeyond)
    .map(({ times }) => median(times))
    .reduce((sum, ms) => sum + ms);
  const beyond = median(whole.times) / neededMs - 1;
  return {
    title,
    columns: timingColumns,
    rows: [whole, ...phases].map(timingRow),
    notes: [
      `${pictures}, drawn, each another, one after the other, as forms that were encoded before. The phases were taken apart afterwards with the same adapters in the bench's own process and a database with nothing else in it.`,
      `Beyond staging with SHA-256, decoding and the puts (${round(neededMs, 1)} ms) the answer took ${round(100 * beyond)} %; under ${100 * beyondMax} % is wanted: ${beyond < beyondMax ? "reached" : "missed"}.`,
    ],
  };
}
