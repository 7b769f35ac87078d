import type { Answer } from "../../server/test/support/person.ts";
import { drawnLibrary } from "../product/drawn-library.ts";
import { uploadNew } from "../product/library.ts";
import { drawPhotographs, middleMegabytes, timingColumns, timingRow } from "../product/photograph-timing.ts";
import { searchGrowth } from "../product/search-growth.ts";
import type { Room, Run, Table } from "../report.ts";
import { mapAtOnce, timed } from "../statistics.ts";

const searches = 21;

/** How long a search takes with a 12-megapixel JPEG, a stored image and a bare fingerprint, and how that grows with the library. */
export const run: Run = async (room) => {
  const drawn = await searchDrawn(room);
  const growth = await searchGrowth(room);
  if (!("missing" in growth)) return { kind: "measured", tables: [drawn, growth] };
  room.say(`how search grows was skipped: ${growth.missing}`);
  return { kind: "measured", tables: [drawn] };
};

async function searchDrawn(room: Room): Promise<Table> {
  const { library, images } = await room.share(drawnLibrary);
  room.say("drawing photographs");
  const [known, ...strange] = await drawPhotographs(1_000, searches + 1);
  if (!known) throw new Error("no photograph was drawn");
  const [id = ""] = await uploadNew(library.owner, [known]);
  const { body } = await library.owner.call("GET", `/api/images/${id}`);
  const { hex } = body.fingerprint;
  const repeat = (matches: number, search: (index: number) => Promise<Answer>): Promise<number[]> =>
    mapAtOnce(strange, 1, async (_, index) => {
      const { value, ms } = await timed(() => search(index));
      if (value.status !== 200 || value.body.matches.length !== matches)
        throw new Error(`a search was answered ${value.status}: ${JSON.stringify(value.body)}`);
      return ms;
    });
  const { owner } = library;
  const none = await repeat(0, (index) => owner.search(strange[index] ?? known));
  const itself = await repeat(1, () => owner.search(known));
  const stored = await repeat(0, () => owner.call("POST", "/api/search", { imageId: id }));
  const bare = await repeat(1, () => owner.call("POST", "/api/search", { fingerprint: hex }));
  return {
    title: `Search among ${images} images, ms until answered`,
    columns: timingColumns,
    rows: [
      { what: "with a 12-megapixel JPEG that nothing is like", times: none, medianMsMax: 250 },
      { what: "with one that is there", times: itself, medianMsMax: 250 },
      { what: "with a stored 12-megapixel image, by its id", times: stored },
      { what: "with a fingerprint alone", times: bare },
    ].map(timingRow),
    notes: [`4000 × 3000, ${middleMegabytes(strange)} MB, drawn; all 8 orientations; one after the other.`],
  };
}
