import { MultiIndex } from "@utsuru/core/multi-index";
import { inverseOf } from "@utsuru/core/orientations";
import type { CopyOf, Head, OrientedImage } from "../ports.ts";
import { HeldImages } from "./held-images.ts";
import { nearestImages } from "./nearest-images.ts";
import { searchedProbes } from "./probe.ts";

/** All of them are one person's, so anyone who asks may see them. */
const audience = 0;

/** The heads of a person's groups, held while the person's images are compared with them: some 200 bytes an image. */
export class CopyHeads {
  readonly #held = new HeldImages({ pdq: new MultiIndex({ bands: 16 }), dct256: new MultiIndex({ bands: 16 }) });

  /** Takes a head in, unless it was removed. */
  add({ imageId, fingerprints }: Head): void {
    this.#held.put({ imageId, audience, fingerprints });
  }

  remove(imageId: string): void {
    this.#held.remove(imageId);
  }

  /** What makes the image a copy of the nearest head; of equally near ones that with the lesser id. `undefined`: of none, as a search would say. */
  async nearest({ imageId, fingerprints }: OrientedImage): Promise<CopyOf | undefined> {
    const probes = searchedProbes(fingerprints);
    const [head] = await nearestImages(probes, async (space, codes) => this.#held.near(space, codes, audience));
    // Found was what was done to the head to get the image; kept is what was done to the image to get the head.
    return head && { ...head, imageId, headId: head.imageId, orientation: inverseOf(head.orientation) };
  }
}
