import type { Room, Shared } from "../report.ts";
import { timed } from "../statistics.ts";
import { fill, type Library, openLibrary } from "./library.ts";
import { smallJpeg } from "./pictures.ts";

/** A server that holds many small drawn pictures, uploaded through the API. */
export interface DrawnLibrary {
  readonly library: Library;
  readonly images: number;
  /** From the start of the server's process on an empty folder to its ready line. */
  readonly firstStartMs: number;
  readonly uploadsPerSecond: number;
}

const defaultImages = 10_000;
const step = 1_000;

/** Fills a library with 10,000 pictures, or as many as UTSURU_BENCH_IMAGES says, for all sections that want it. */
export async function drawnLibrary(room: Room): Promise<Shared<DrawnLibrary>> {
  const images = Number(process.env.UTSURU_BENCH_IMAGES ?? defaultImages);
  const library = await openLibrary();
  const firstStartMs = library.server.readyMs;
  const { ms } = await timed(async () => {
    for (let start = 0; start < images; start += step) {
      const count = Math.min(step, images - start);
      await fill(library.owner, count, (index) => drawn(start + index));
      room.say(`${start + count} of ${images} pictures uploaded`);
    }
  });
  const value = { library, images, firstStartMs, uploadsPerSecond: (images / ms) * 1000 };
  return { value, close: () => library.close() };
}

async function drawn(seed: number): Promise<{ name: string; bytes: Buffer }> {
  return { name: `drawn-${seed}.jpg`, bytes: await smallJpeg(seed) };
}
