import { inverseOf } from "@utsuru/core/orientations";
import { type AskedPage, pageByCursor } from "../images/page-by-cursor.ts";
import type { Catalog, Clock, Copy, CopyGroup, Image, OrientedImage, Page, User } from "../ports.ts";
import { copyEvidence } from "./match.ts";
import { isTelling } from "./probe.ts";
import type { Match } from "./search.ts";
import type { SearchIndex } from "./search-index.ts";

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
  readonly index: Pick<SearchIndex, "near">;
  readonly clock: Clock;
};

/** A request compares for so long before it answers. */
const budgetMs = 1_500;
const batchSize = 100;
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
  await comparePending(ports, owner);
  const pending = await ports.catalog.copies.countPending(owner.id);
  const found = await pageByCursor(page, async (asked): Promise<Page<CopyGroup>> => {
    if (pending > 0) return { items: [], next: asked.after ?? beforeAll };
    return ports.catalog.copies.groups(owner.id, { ...asked, membersMax });
  });
  return { items: await withImages(ports.catalog, found.items, owner), next: found.next, pending };
}

/** Compares images of the owner with the others until all were or the time is up. */
async function comparePending(ports: Ports, owner: User): Promise<void> {
  const untilMs = ports.clock.now().getTime() + budgetMs;
  const isTimeUp = (): boolean => ports.clock.now().getTime() >= untilMs;
  while (!isTimeUp()) {
    const images = await ports.catalog.copies.pending(owner.id, batchSize);
    if (images.length === 0) return;
    await compareBatch(ports, { images, isTimeUp }, owner);
  }
}

/** Images without a copy are noted together: each statement waits for the disk. */
async function compareBatch(
  { catalog, index }: Ports,
  { images, isTimeUp }: { readonly images: readonly OrientedImage[]; readonly isTimeUp: () => boolean },
  owner: User,
): Promise<void> {
  const taken = new Set<string>();
  const alone: string[] = [];
  for (const image of images) {
    if (isTimeUp()) break;
    if (taken.has(image.imageId)) continue;
    const copies = await copiesOf(index, image, owner);
    if (copies.length === 0) alone.push(image.imageId);
    else for (const id of await group(catalog.copies, { image, copies, alone }, owner)) taken.add(id);
  }
  if (alone.length > 0) await catalog.copies.addHeads(alone, owner.id);
}

/** What a search with the image finds, itself left out. */
async function copiesOf(index: Ports["index"], { imageId, fingerprints }: OrientedImage, owner: User): Promise<Copy[]> {
  const pdq = fingerprints.find(({ fingerprint }) => fingerprint.algorithm === "pdq");
  if (!pdq || !isTelling(pdq)) return [];
  const found = await index.near(fingerprints, owner);
  return found.filter((candidate) => candidate.imageId !== imageId);
}

/** Puts the image into the group of the nearest head that it matches, or makes it a head, of its copies that are in no group. Returns those that were not compared before. */
async function group(
  copies: Catalog["copies"],
  found: { readonly image: OrientedImage; readonly copies: readonly Copy[]; readonly alone: string[] },
  owner: User,
): Promise<readonly string[]> {
  const { imageId } = found.image;
  // What heads a group alone so far must be known as a head before it is asked for.
  await copies.addHeads(found.alone.splice(0), owner.id);
  const headId = await copies.firstHead(
    found.copies.map((copy) => copy.imageId),
    owner.id,
  );
  const head = found.copies.find((copy) => copy.imageId === headId);
  if (!head) {
    await copies.addHeads([imageId], owner.id);
    return copies.addCopies(imageId, found.copies, owner.id);
  }
  // Found was what was done to the head to get the image; kept is what was done to the image to get the head.
  const copy = { ...head, imageId, orientation: inverseOf(head.orientation) };
  return copies.addCopies(head.imageId, [copy], owner.id);
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
