import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Catalog, ImageChange } from "../../ports.ts";

/** What an index follows, and a way to change it. */
export interface Library {
  readonly images: Pick<Catalog["images"], "entries">;
  readonly changes: Catalog["changes"];
  keep(): Promise<string>;
  forget(imageId: string): Promise<void>;
}

/** What every library promises to those who follow it, as tests. */
export function describeLibrary(name: string, open: (t: TestContext) => Promise<Library>): void {
  describe(name, () => {
    test("all entries are each image once, as it is", async (t) => {
      const library = await open(t);
      const ids = await Promise.all(Array.from({ length: 10 }, () => library.keep()));
      await library.forget(ids.pop() ?? "");
      assert.deepEqual((await idsOfEntries(library)).sort(), ids.sort());
    });

    test("what changed after a position is told, in order, and what was before it is not", async (t) => {
      const library = await open(t);
      const [known, gone] = [await library.keep(), await library.keep()];
      const from = await library.changes.position();
      const first = await library.keep();
      await library.forget(gone);
      const told = await read(library, from);
      assert.deepEqual(
        told.changes.map(({ imageId, entry }) => [imageId, entry?.imageId]),
        [
          [first, first],
          [gone, undefined],
        ],
      );
      assert.ok(!told.changes.some(({ imageId }) => imageId === known));
    });

    test("the position that was reached is where to go on from: nothing twice", async (t) => {
      const library = await open(t);
      const from = await library.changes.position();
      await library.keep();
      const { position } = await read(library, from);
      assert.ok(position);
      const next = await library.keep();
      const told = await read(library, position);
      assert.deepEqual(
        told.changes.map(({ imageId }) => imageId),
        [next],
      );
    });

    test("a position of another library, or from before what was cleared away, is lost", async (t) => {
      const [one, other] = [await open(t), await open(t)];
      assert.equal((await read(one, await other.changes.position())).position, undefined);
      const old = await one.changes.position();
      await one.keep();
      const young = await one.changes.position();
      assert.equal(await one.changes.prune(new Date(Date.now() + 1_000)), 1);
      assert.equal((await read(one, old)).position, undefined);
      assert.ok((await read(one, young)).position);
    });
  });
}

async function idsOfEntries(library: Library): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of library.images.entries()) ids.push(...batch.map(({ imageId }) => imageId));
  return ids;
}

/** What is told until all is told; without a position when the one to read from is lost. */
async function read(library: Library, from: string): Promise<{ changes: ImageChange[]; position: string | undefined }> {
  const changes: ImageChange[] = [];
  for await (const event of library.changes.follow(from, AbortSignal.timeout(20_000))) {
    if (event.kind === "changes") changes.push(...event.changes);
    else return { changes, position: event.kind === "reached" ? event.position : undefined };
  }
  throw new Error("the feed told nothing for 20 s");
}
