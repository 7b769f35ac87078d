import { unpackFeatures } from "@utsuru/core/pack-features";
import { comparePictures } from "@utsuru/core/partial-copies";
import type { DerivedParts, ImageRecord, Renewals } from "../ports.ts";
import type { PartIndex } from "../search/part-index.ts";
import type { ExamineOptions, Finding } from "./finding.ts";

/** What examining the parts of a picture works with. */
export interface PartPorts {
  readonly catalog: { readonly renewals: Pick<Renewals, "keep"> };
  readonly parts: Pick<PartIndex, "isServing" | "find">;
}

/** Images looked at closely: where more than these share parts with a picture, it may stand behind them itself. */
const candidatesMax = 64;

/** Compares the stored features with those that were extracted anew, then searches for parts with the picture itself. */
export async function examineParts(
  ports: PartPorts,
  { record, fresh }: { readonly record: ImageRecord; readonly fresh: DerivedParts },
  { repair, signal }: ExamineOptions,
): Promise<readonly Finding[]> {
  const { image, features } = record;
  if (features && Buffer.compare(features, fresh.features) === 0)
    return (await isFound(ports, record, signal)) ? [] : [lost(image.id)];
  if (repair) await ports.catalog.renewals.keep(image.id, fresh);
  const what = features
    ? ({ kind: "features-stale", detail: "The stored features of parts are not those of the original." } as const)
    : ({
        kind: "features-missing",
        detail: "There are no features of its parts; a server extracts them in time.",
      } as const);
  return [{ ...what, imageId: image.id, mended: repair }];
}

/** Whether a search for parts finds the picture; so many others may share parts with it that this cannot be told, or it may have too few to be found by. */
async function isFound({ parts }: PartPorts, { image, features }: ImageRecord, signal: AbortSignal): Promise<boolean> {
  const own = features && unpackFeatures(features);
  if (!parts.isServing || !own || !comparePictures(own, own)) return true;
  const found = await parts.find(own, { viewer: image.owner, candidatesMax, signal });
  return found.length === candidatesMax || found.some(({ imageId }) => imageId === image.id);
}

function lost(imageId: string): Finding {
  const detail = "A search for parts with the picture itself does not find it.";
  return { kind: "not-found-by-parts", imageId, detail, mended: false };
}
