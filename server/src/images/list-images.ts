import { Failure } from "../errors.ts";
import type { Catalog, Image, Page, User } from "../ports.ts";

/** One page of a person's own images, newest first. The cursor is opaque to clients. Throws `invalid-request` for a cursor of no list. */
export async function listImages(
  ports: { catalog: Catalog },
  owner: User,
  page: { limit: number; cursor?: string },
): Promise<Page<Image>> {
  const after = page.cursor === undefined ? undefined : readCursor(page.cursor);
  const images = await ports.catalog.images.list(
    owner.id,
    after === undefined ? { limit: page.limit } : { limit: page.limit, after },
  );
  return { items: images.items, next: images.next === undefined ? undefined : writeCursor(images.next) };
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
