import { mapAtOnce, median, quantile, round } from "../statistics.ts";
import { photographJpeg } from "./pictures.ts";

/** What a photograph's way through the product took, one after the other, in ms. */
export interface Timing {
  readonly what: string;
  readonly times: readonly number[];
  readonly medianMsMax?: number;
}

/** Photographs of 12 megapixels that no library has, with their names. */
export async function drawPhotographs(firstSeed: number, count: number): Promise<{ name: string; bytes: Buffer }[]> {
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  return mapAtOnce(seeds, 1, async (seed) => ({ name: `photograph-${seed}.jpg`, bytes: await photographJpeg(seed) }));
}

export const timingColumns: readonly string[] = ["what", "times", "median", "p95", "target"];

/** The row of a timing under {@link timingColumns}. */
export function timingRow({ what, times, medianMsMax }: Timing): (string | number)[] {
  const middle = median(times);
  const target = medianMsMax === undefined ? "" : `< ${medianMsMax}: ${middle < medianMsMax ? "reached" : "MISSED"}`;
  return [what, times.length, round(middle, 1), round(quantile(times, 0.95), 1), target];
}

/** Megabytes of the middle one. */
export function middleMegabytes(photographs: readonly { bytes: Buffer }[]): number {
  return round(median(photographs.map(({ bytes }) => bytes.length)) / 1e6, 1);
}
