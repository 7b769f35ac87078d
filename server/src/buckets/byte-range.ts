import { Failure } from "../errors.ts";
import type { ByteRange } from "../ports.ts";

/** What a range names of an object of that size, cut at the object's end; throws `range-not-satisfiable` when nothing is left. */
export function clampRange(
  range: ByteRange | undefined,
  bytes: number,
): { readonly from: number; readonly count: number } {
  if (range === undefined) return { from: 0, count: bytes };
  const { from, to } = range;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from || from >= bytes) {
    throw new Failure("range-not-satisfiable", `The image has ${bytes} bytes; ${from}-${to} is not a part of it.`);
  }
  return { from, count: Math.min(to, bytes - 1) - from + 1 };
}
