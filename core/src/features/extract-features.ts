import type { Pixels } from "../fingerprint/pixels.ts";
import { kernelSteps } from "../kernels/features.ts";
import type { Blob } from "../kernels/features-blobs.ts";
import { levelLength } from "../kernels/features-pyramid.ts";
import type { FeatureSteps } from "../kernels/features-steps.ts";
import { keyBits, orbits, writeDescriptor } from "./describe.ts";
import { descriptorWords, type LocalFeatures, storedKeypointsMax } from "./local-features.ts";
import { queryMiniatureSide, storedMiniatureSide } from "./miniature.ts";
import { projections } from "./projections.ts";
import { spreadKeypoints } from "./spread.ts";

/** Longest side of the picture that keypoints are looked for in. */
const workingSide = 512;
/** Small pictures are enlarged, but not beyond this: a tenth of a picture has few keypoints at any size. */
const enlargementMax = 4;
const workingSideMin = 32;

/** What the features are for: to be stored, or to ask with. */
export type Purpose = "store" | "query";

interface Limits {
  readonly count: number;
  readonly facingsMax: number;
  readonly floor: number;
  readonly miniatureSide: number;
}

/**
 * Keypoints at most, facings of each, and the least response: the square of a curvature, in 1/32 grey level. A stored keypoint must
 * stand out by more than a grey level or two, or the grain of a sky and the blocks of its compression would be kept; the query's may be
 * weaker, as the edit may have taken half of the contrast.
 */
const limitsOf: Readonly<Record<Purpose, Limits>> = {
  store: { count: storedKeypointsMax, facingsMax: 1, floor: 48 * 48, miniatureSide: storedMiniatureSide },
  query: { count: 400, facingsMax: 2, floor: 24 * 24, miniatureSide: queryMiniatureSide },
};

interface Place extends Blob {
  readonly levelX: number;
  readonly levelY: number;
}

let kernel: FeatureSteps | undefined;

/**
 * Keypoints of a picture and their descriptors.
 *
 * For storing, the 174 best; for a query up to 400, and those with two dominant directions in both. Any size is taken; 512 px on the
 * longest side is enough. The same pixels give the same bits on every engine. `shape`: the picture's own sides, where the pixels are
 * stretched to others.
 * @throws RangeError when WebAssembly's memory does not suffice for the picture.
 */
export function extractFeatures(
  pixels: Pixels,
  options: { purpose?: Purpose; steps?: FeatureSteps; shape?: Pick<Pixels, "width" | "height"> } = {},
): LocalFeatures {
  kernel ??= kernelSteps({ orbits, projections });
  const steps = options.steps ?? kernel;
  const limits = limitsOf[options.purpose ?? "store"];
  const size = workingSize(options.shape ?? pixels);
  steps.open(pixels);
  const side = limits.miniatureSide;
  const miniature = { side, data: steps.squeeze(side, side) };
  const blobs = steps.detect({ ...size, floor: limits.floor }).map((blob) => placeOf(blob, size));
  const places = spreadKeypoints(blobs, { ...size, count: limits.count });
  return { ...describePlaces(steps, places, { ...size, facingsMax: limits.facingsMax }), miniature };
}

/** A blob with its place in the working picture. */
function placeOf({ level, x, y, scale, response }: Blob, { width, height }: { width: number; height: number }): Place {
  return {
    level,
    scale,
    response,
    levelX: x,
    levelY: y,
    x: ((x + 0.5) * width) / levelLength(width, level),
    y: ((y + 0.5) * height) / levelLength(height, level),
  };
}

function describePlaces(
  steps: FeatureSteps,
  places: readonly Place[],
  { width, height, facingsMax }: { width: number; height: number; facingsMax: number },
): Omit<LocalFeatures, "miniature"> {
  const keypoints = places.flatMap((place) => {
    const at = { level: place.level, x: place.levelX, y: place.levelY };
    return steps
      .face(at)
      .slice(0, facingsMax)
      .map((facing) => ({ place, at, facing }));
  });
  const count = keypoints.length;
  const features = {
    width,
    height,
    count,
    x: new Float32Array(count),
    y: new Float32Array(count),
    scale: new Float32Array(count),
    angle: new Float32Array(count),
    descriptors: new Uint32Array(count * descriptorWords),
    margins: new Float32Array(count * keyBits.length),
  };
  keypoints.forEach(({ place, at, facing }, i) => {
    features.x[i] = place.x;
    features.y[i] = place.y;
    features.scale[i] = place.scale;
    features.angle[i] = facing;
    const step = stepWithin(place.scale - place.level);
    writeDescriptor(steps.describe(at, { facing, step }), i, features);
  });
  return features;
}

/** levelStep to a power between −½ and ½, by its series: engines may differ in `**`. */
function stepWithin(fraction: number): number {
  const exponent = fraction * 0.22314355131420976; // ln 1.25
  return 1 + exponent * (1 + (exponent / 2) * (1 + (exponent / 3) * (1 + exponent / 4)));
}

function workingSize({ width, height }: Pick<Pixels, "width" | "height">): { width: number; height: number } {
  const factor = Math.min(enlargementMax, workingSide / Math.max(width, height));
  return { width: workingLength(width * factor), height: workingLength(height * factor) };
}

function workingLength(length: number): number {
  return Math.max(workingSideMin, Math.floor(length + 0.5));
}
