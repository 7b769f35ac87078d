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
    throw unsatisfiable();
  }
  return { from, count: Math.min(to, bytes - 1) - from + 1 };
}

/** What a Content-Range header (RFC 9110, 14.4) says: where the part begins, and the size of the whole. */
export function parseContentRange(
  header: string | undefined,
): { readonly from: number; readonly bytes: number } | undefined {
  const [, from, bytes] = /^bytes (\d+)-\d+\/(\d+)$/.exec(header ?? "") ?? [];
  return from === undefined || bytes === undefined ? undefined : { from: Number(from), bytes: Number(bytes) };
}

/** A range that names nothing of an object. */
export function unsatisfiable(cause?: unknown): Failure {
  return new Failure("range-not-satisfiable", "The image has no such range of bytes.", { cause });
}
