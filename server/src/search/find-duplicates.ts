import { type AskedPage, pageByCursor } from "../images/page-by-cursor.ts";
import type { Catalog, CopyGroup, Image, Page, User } from "../ports.ts";
import type { CopyComparer } from "./compare-copies.ts";
import { copyEvidence } from "./match.ts";
import type { Match } from "./search.ts";

/** Images of one person that are copies of the head. */
export interface Duplicates {
  readonly head: Image;
  /** The nearest copies, best first. */
  readonly members: readonly Match[];
  /** Whether there are more copies than `members`. */
  readonly truncated: boolean;
  /** The copy worth keeping, which may be the head. */
  readonly bestId: string;
}

/** A page of groups; while images are still to be compared it is empty, and `next` asks again. */
export interface DuplicatesPage extends Page<Duplicates> {
  /** Images of the person that are still to be compared with the others. */
  readonly pending: number;
}

type Ports = {
  readonly catalog: Pick<Catalog, "images" | "copies">;
  readonly comparer: Pick<CopyComparer, "compare">;
};

/** Thousands of images may be copies of one: an answer shows so many of a group. */
const membersMax = 100;
/** Before every id. */
const beforeAll = "00000000-0000-0000-0000-000000000000";

/**
 * A page of a person's own images in groups of copies. Each copy matches the head of its group, as a search would say: a copy of a copy
 * joins the group only if it is one of the head too. Groups come in the order of their heads' ids, an image in one at most.
 *
 * Every image is compared once, when groups are asked for after its upload: what came of it is kept. Throws `invalid-request` for a cursor of no list.
 */
export async function findDuplicates(ports: Ports, owner: User, page: AskedPage): Promise<DuplicatesPage> {
  const pending = await comparePending(ports, owner);
  const found = await pageByCursor(page, async (asked): Promise<Page<CopyGroup>> => {
    if (pending > 0) return { items: [], next: asked.after ?? beforeAll };
    return ports.catalog.copies.groups(owner.id, { ...asked, membersMax });
  });
  return { items: await withImages(ports.catalog, found.items, owner), next: found.next, pending };
}

/** Compares images of the owner that were not yet, for as long as a request may; returns how many are left. */
async function comparePending({ catalog, comparer }: Ports, owner: User): Promise<number> {
  if ((await catalog.copies.countPending(owner.id)) === 0) return 0;
  await comparer.compare(owner.id);
  return catalog.copies.countPending(owner.id);
}

/** Images that were deleted meanwhile drop out, and groups without a head or a copy. */
async function withImages(catalog: Ports["catalog"], groups: readonly CopyGroup[], owner: User): Promise<Duplicates[]> {
  const ids = groups.flatMap(({ headId, members }) => [headId, ...members.map(({ imageId }) => imageId)]);
  const images = ids.length > 0 ? await catalog.images.findMany(ids, owner) : [];
  const byId = new Map(images.map((image) => [image.id, image]));
  return groups.flatMap(({ headId, members: copies, count, bestId }) => {
    const head = byId.get(headId);
    const members = copies.flatMap(({ imageId, distance, ...change }) => {
      const image = byId.get(imageId);
      return image ? [{ image, ...copyEvidence(distance, change) }] : [];
    });
    return head && members.length > 0 ? [{ head, members, truncated: count > copies.length, bestId }] : [];
  });
}
