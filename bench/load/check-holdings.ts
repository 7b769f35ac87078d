import { mapAtOnce } from "../statistics.ts";
import type { Held, Holdings } from "./holdings.ts";

const atOnce = 4;

/** What the server promised and does not keep, in sentences: nothing, if all is well. */
export async function checkHoldings(holdings: Holdings): Promise<string[]> {
  const present = await mapAtOnce(holdings.present, atOnce, checkPresent);
  const deleted = await mapAtOnce(holdings.deleted, atOnce, checkDeleted);
  return [...present, ...deleted].flat();
}

async function checkPresent({ id, owner, bytes }: Held): Promise<string[]> {
  const { status, bytes: kept } = await owner.download(`/api/images/${id}/file`);
  const found = await owner.search({ name: "query.jpg", bytes });
  const isFound = found.body.matches?.some((match: { image: { id: string } }) => match.image.id === id);
  return [
    ...(status === 200 && kept.equals(bytes) ? [] : [`${id} is not downloaded as it was sent (${status})`]),
    ...(isFound ? [] : [`${id} is not found by its own bytes (${found.status})`]),
  ];
}

async function checkDeleted({ id, owner, hex }: Held): Promise<string[]> {
  const { status } = await owner.download(`/api/images/${id}/file`);
  const found = await owner.call("POST", "/api/search", { fingerprint: hex });
  const isFound = found.body.matches?.some((match: { image: { id: string } }) => match.image.id === id);
  return [
    ...(status === 404 ? [] : [`${id} was deleted and its file is answered ${status}`]),
    ...(isFound ? [`${id} was deleted and is found`] : []),
  ];
}
