import type { Catalog, Image, Page, User } from "../ports.ts";
import { type AskedPage, pageByCursor } from "./page-by-cursor.ts";

/** One page of a person's own images, newest first. The cursor is opaque to clients. Throws `invalid-request` for a cursor of no list. */
export function listImages(ports: { catalog: Catalog }, owner: User, page: AskedPage): Promise<Page<Image>> {
  return pageByCursor(page, (from) => ports.catalog.images.list(owner.id, from));
}
