import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Compared, Copies, CopyOf, OrientedImage } from "../ports.ts";
import { CopyHeads } from "./copy-heads.ts";

type Ports = {
  readonly copies: Pick<Copies, "pending" | "round" | "heads" | "note">;
  readonly clock: Clock;
};

type IsTimeUp = () => boolean;

/** A call compares for so long. */
const budgetMs = 1_500;
/** Images noted together: each statement waits for the disk. */
const batchSize = 500;
const headsPerBatch = 2_000;
/** So many take some milliseconds; then other requests have their turn. */
const sliceSize = 10;
/** Who stopped asking in the middle may go on for so long without the heads being read anew. */
const keptMs = 60_000;

/** How far one person's images are compared. */
interface Comparison {
  readonly ownerId: string;
  readonly heads: CopyHeads;
  /** The round that the heads are of. */
  round: number;
  /** While the heads are read: after which id to go on. `undefined`: all of them are here. */
  reading: { after: string | undefined } | undefined;
  /** After which image to go on with those that are to be compared. */
  after: string | undefined;
}

/**
 * Compares people's images with the heads of their groups. Heads are held only while images are left to be compared, and of one person at a
 * time; a call that runs out of time leaves them to the next. Any server may do so at any time: what is noted is right.
 */
export class CopyComparer {
  readonly #ports: Ports;
  /** Calls that are at it, by person: another one waits for the same. */
  readonly #running = new Map<string, Promise<void>>();
  #kept: Comparison | undefined;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Compares images of the owner until all were, or 1.5 s have passed. */
  async compare(ownerId: string): Promise<void> {
    const running = this.#running.get(ownerId);
    if (running !== undefined) return running;
    const started = this.#compare(ownerId).finally(() => this.#running.delete(ownerId));
    this.#running.set(ownerId, started);
    return started;
  }

  async #compare(ownerId: string): Promise<void> {
    const untilMs = this.#ports.clock.now().getTime() + budgetMs;
    const isTimeUp = (): boolean => this.#ports.clock.now().getTime() >= untilMs;
    let comparison = await this.#take(ownerId);
    do {
      await readHeads(this.#ports.copies, comparison, isTimeUp);
      if (comparison.reading) break;
      const step = await compareBatch(this.#ports.copies, comparison, isTimeUp);
      if (step === "done") return;
      if (step === "stale") comparison = await this.#begin(ownerId);
    } while (!isTimeUp());
    this.#keep(comparison);
  }

  async #take(ownerId: string): Promise<Comparison> {
    const kept = this.#kept;
    if (kept?.ownerId !== ownerId) return this.#begin(ownerId);
    this.#kept = undefined;
    return kept;
  }

  async #begin(ownerId: string): Promise<Comparison> {
    const round = await this.#ports.copies.round(ownerId);
    return { ownerId, heads: new CopyHeads(), round, reading: { after: undefined }, after: undefined };
  }

  #keep(comparison: Comparison): void {
    this.#kept = comparison;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      this.#kept = undefined;
    }, keptMs).unref();
  }
}

/** Reads heads until all are here or the time is up. */
async function readHeads(copies: Ports["copies"], comparison: Comparison, isTimeUp: IsTimeUp): Promise<void> {
  const { ownerId, heads } = comparison;
  // Some are read whatever the time: each call gets on.
  for (let isFirst = true; comparison.reading && (isFirst || !isTimeUp()); isFirst = false) {
    const read = await copies.heads(ownerId, { limit: headsPerBatch, after: comparison.reading.after });
    for (const [number, head] of read.entries()) {
      heads.add(head);
      if (number % (10 * sliceSize) === 0) await turn();
    }
    const last = read.at(-1);
    comparison.reading = last && read.length === headsPerBatch ? { after: last.imageId } : undefined;
  }
}

/** Compares the next images. `done`: none are left; `stale`: there are heads that the comparison does not know. */
async function compareBatch(
  copies: Ports["copies"],
  comparison: Comparison,
  isTimeUp: IsTimeUp,
): Promise<"noted" | "done" | "stale"> {
  const { ownerId, heads, round } = comparison;
  const images = await copies.pending(ownerId, { limit: batchSize, after: comparison.after });
  if (images.length === 0 && comparison.after === undefined) return "done";
  const compared = await compareAll(heads, images, isTimeUp);
  // After the last, once more from the beginning: images whose head was deleted are to be compared anew.
  comparison.after = compared.lastId;
  if (compared.lastId === undefined) return "noted";
  const noted = await copies.note(ownerId, { ...compared, round });
  if (!noted) return "stale";
  comparison.round = noted.round;
  for (const id of noted.goneHeads) heads.remove(id);
  return "noted";
}

/** What becomes of the images in their order: each a copy of the nearest head, or a head itself. Ends early when the time is up. */
async function compareAll(
  heads: CopyHeads,
  images: readonly OrientedImage[],
  isTimeUp: IsTimeUp,
): Promise<Omit<Compared, "round"> & { readonly lastId: string | undefined }> {
  const headIds: string[] = [];
  const copies: CopyOf[] = [];
  let lastId: string | undefined;
  for (const [number, image] of images.entries()) {
    if (number % sliceSize === sliceSize - 1) await turn();
    if (number > 0 && isTimeUp()) break;
    const copy = await heads.nearest(image);
    lastId = image.imageId;
    if (copy) {
      copies.push(copy);
    } else {
      headIds.push(image.imageId);
      heads.add({ imageId: image.imageId, fingerprints: image.fingerprints.map(({ fingerprint }) => fingerprint) });
    }
  }
  return { headIds, copies, lastId };
}
