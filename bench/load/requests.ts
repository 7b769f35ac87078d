import { type Person, post } from "../../server/test/support/person.ts";
import type { Held, Holdings } from "./holdings.ts";
import type { Kind } from "./plan.ts";

/** The answer to one request: its status, the ms until it was read, and what was wrong with it. */
export interface Sent {
  readonly kind: Kind;
  readonly status: number;
  readonly ms: number;
  readonly wrong: string | undefined;
}

type Room = { readonly url: string; readonly people: readonly Person[]; readonly holdings: Holdings };
type Sender = () => Promise<{ readonly status: number; readonly wrong?: string | undefined }>;

/** Sends a request of a kind. What it needs is drawn before the clock starts. */
export async function send(room: Room, kind: Kind, index: number): Promise<Sent> {
  const person = room.people[index % room.people.length];
  if (!person) throw new Error("nobody is there to send requests");
  const sender = await prepare(room, kind, person);
  const start = performance.now();
  const { status, wrong } = await sender();
  return { kind, status, ms: performance.now() - start, wrong };
}

/** Uploads a new picture and holds it. */
export async function prepareUpload(holdings: Holdings, owner: Person): Promise<Sender> {
  const file = await holdings.draw();
  return async () => {
    const { status, body } = await owner.upload([file]);
    if (status !== 201) return { status, wrong: `an upload was answered ${status} ${JSON.stringify(body)}` };
    const { image } = body.results[0];
    holdings.add({ id: image.id, hex: image.fingerprint.hex, owner, bytes: file.bytes });
    return { status };
  };
}

async function prepare({ url, holdings }: Room, kind: Kind, person: Person): Promise<Sender> {
  const held = holdings.any();
  switch (kind) {
    case "upload":
      return prepareUpload(holdings, person);
    case "search by file":
      return () => search(holdings, held, () => person.search({ name: "query.jpg", bytes: held.bytes }));
    case "search by fingerprint":
      return () => search(holdings, held, () => person.call("POST", "/api/search", { fingerprint: held.hex }));
    case "list":
      return async () => expectStatus(await person.call("GET", "/api/images?limit=20"), 200);
    case "thumbnail":
      return () => download(holdings, held, { person, path: `/api/images/${held.id}/thumbnail` });
    case "download":
      return () => download(holdings, held, { person: held.owner, path: `/api/images/${held.id}/file` });
    case "delete": {
      const leaving = holdings.take();
      return async () => expectStatus(await leaving.owner.call("DELETE", `/api/images/${leaving.id}`), 204);
    }
    case "login":
      return async () =>
        expectStatus(await post(`${url}/api/login`, { email: person.email, password: person.password }), 200);
  }
}

async function search(holdings: Holdings, held: Held, ask: () => ReturnType<Person["search"]>): ReturnType<Sender> {
  const { status, body } = await ask();
  if (status !== 200) return { status, wrong: `a search was answered ${status} ${JSON.stringify(body)}` };
  const isFound = body.matches.some(({ image }: { image: { id: string } }) => image.id === held.id);
  return { status, wrong: isFound || holdings.isLeaving(held) ? undefined : `a search did not find ${held.id}` };
}

async function download(
  holdings: Holdings,
  held: Held,
  { person, path }: { person: Person; path: string },
): ReturnType<Sender> {
  const { status } = await person.download(path);
  const isRight = status === 200 || (status === 404 && holdings.isLeaving(held));
  return { status, wrong: isRight ? undefined : `${path} was answered ${status}` };
}

function expectStatus(
  { status, body }: { status: number; body: unknown },
  expected: number,
): Awaited<ReturnType<Sender>> {
  return {
    status,
    wrong: status === expected ? undefined : `expected ${expected}, got ${status} ${JSON.stringify(body)}`,
  };
}
