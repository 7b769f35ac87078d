import { Failure } from "../errors.ts";
import type { Page } from "../ports.ts";

/** A page as a client asks for it. */
export interface AskedPage {
  readonly limit: number;
  readonly cursor?: string;
}

/** Pages a list by ids whose clients see opaque cursors. Throws `invalid-request` for a cursor of no list. */
export async function pageByCursor<T>(
  { limit, cursor }: AskedPage,
  list: (page: { limit: number; after?: string }) => Promise<Page<T>>,
): Promise<Page<T>> {
  const { items, next } = await list(cursor === undefined ? { limit } : { limit, after: readCursor(cursor) });
  return { items, next: next === undefined ? undefined : writeCursor(next) };
}

function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex);
  if (!parts || writeCursor(hex) !== cursor)
    throw new Failure("invalid-request", "The cursor is not one that a list gave.", {
      errors: [{ pointer: "/cursor", detail: "must be the `next` of an earlier answer" }],
    });
  return parts.slice(1).join("-");
}
