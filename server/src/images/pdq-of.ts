import type { Fingerprint } from "@utsuru/core/fingerprint";
import type { Image } from "../ports.ts";

/** The fingerprint that is shown of an image; every stored image has it. */
export function pdqOf(image: Image): Fingerprint {
  const pdq = image.fingerprints.find(({ algorithm }) => algorithm === "pdq");
  if (!pdq) throw new Error(`image ${image.id} has no PDQ fingerprint`);
  return pdq;
}
