import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { newPerson, type Person } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { startServer } from "./support/server.ts";

interface Group {
  readonly head: { readonly id: string };
  readonly members: readonly {
    readonly image: { readonly id: string };
    readonly orientation: string;
    readonly inverted: boolean;
  }[];
  readonly best: string;
}

async function uploadOne(person: Person, bytes: Buffer): Promise<string> {
  const { status, body } = await person.upload([{ name: "a", bytes }]);
  assert.equal(status, 201, JSON.stringify(body));
  return body.results[0].image.id;
}

async function groupsOf(person: Person, query = ""): Promise<{ items: Group[]; next: string | null; pending: number }> {
  const { status, body } = await person.call("GET", `/api/duplicates${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

for (const index of ["memory", "database"]) {
  test(`copies among one's own images are grouped with UTSURU_INDEX=${index}, mirrored and turned ones too`, async (t) => {
    const server = await startServer(t, { environment: { UTSURU_INDEX: index } });
    const [ada, bob] = [await newPerson(server), await newPerson(server)];
    const original = await uploadOne(ada, await jpegOf(1));
    await uploadOne(ada, await jpegOf(2));
    await uploadOne(bob, await drawing(1).webp().toBuffer());
    const mirrored = await uploadOne(ada, await drawing(1).flop().jpeg({ quality: 40 }).toBuffer());
    const turned = await uploadOne(ada, await drawing(1).rotate(90).negate().png().toBuffer());
    const large = await uploadOne(
      ada,
      await sharp(await jpegOf(1))
        .resize(1280)
        .jpeg()
        .toBuffer(),
    );

    const { items, next, pending } = await groupsOf(ada);
    assert.deepEqual([items.length, next, pending], [1, null, 0]);
    const [group] = items as [Group];
    assert.equal(group.head.id, original);
    assert.equal(group.best, large);
    const members = new Map(group.members.map((match) => [match.image.id, [match.orientation, match.inverted]]));
    // What was done to the copy to get the head: the picture was turned clockwise, so it is turned back.
    assert.deepEqual(
      [mirrored, turned, large].map((id) => members.get(id)),
      [
        ["flip-horizontal", false],
        ["rotate-270", true],
        ["identity", false],
      ],
    );
    assert.equal(members.size, 3);
    assert.deepEqual((await groupsOf(bob)).items, []);

    const again = [await uploadOne(ada, await drawing(2).png().toBuffer()), original];
    const pages = [await groupsOf(ada, "?limit=1")];
    pages.push(await groupsOf(ada, `?limit=1&cursor=${pages[0]?.next}`));
    assert.deepEqual(
      pages.map((page) => page.items.map(({ members: copies }) => copies.length)),
      [[3], [1]],
    );
    assert.equal(pages[1]?.next, null);

    for (const id of again) assert.equal((await ada.call("DELETE", `/api/images/${id}`)).status, 204);
    const left = (await groupsOf(ada)).items.map(({ head, members: copies }) => [head.id, copies.length]);
    assert.deepEqual(left, [[mirrored, 2]], "the copies of a head that went are grouped anew");
    for (const bad of ["cursor=nonsense", "limit=0", "limit=51", "other=1"])
      assert.equal((await ada.call("GET", `/api/duplicates?${bad}`)).status, 422, bad);
  });
}
