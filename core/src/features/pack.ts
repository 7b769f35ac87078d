import { descriptorWords, featuresVersion, type LocalFeatures, storedKeypointsMax } from "./local-features.ts";
import { decodeMiniature, encodeMiniature, reduceMiniature, storedMiniatureBytes } from "./miniature.ts";

const sizesBytes = 8;
const headerBytes = sizesBytes + storedMiniatureBytes;
const keypointBytes = 37;
/** Where the descriptor starts in a keypoint's record. */
const descriptorAt = 5;
const placeSteps = 8;
const scaleSteps = 16;

/** Where a keypoint's record starts. */
export function recordAt(keypoint: number): number {
  return headerBytes + keypoint * keypointBytes;
}

/** Most bytes of packed features. */
export const packedBytesMax: number = headerBytes + keypointBytes * storedKeypointsMax;

/**
 * Writes features as at most 7,982 bytes, the first 174 keypoints of them; margins are left out, and a query's miniature is reduced.
 *
 * Layout, little endian: version (1 byte), keypoints (1), width (2), height (2), 0 (2), miniature (1,536); then a keypoint after the other: x and y in
 * 1/8 pixel (12 bits each), angle in 1/256 turn (1 byte), scale in 1/16 level (1), descriptor (32).
 */
export function packFeatures(features: LocalFeatures): Uint8Array {
  const count = Math.min(features.count, storedKeypointsMax);
  const bytes = new Uint8Array(headerBytes + keypointBytes * count);
  const view = new DataView(bytes.buffer);
  bytes[0] = featuresVersion;
  bytes[1] = count;
  view.setUint16(2, features.width, true);
  view.setUint16(4, features.height, true);
  bytes.set(encodeMiniature(reduceMiniature(features.miniature)), sizesBytes);
  for (let i = 0; i < count; i++) {
    const at = recordAt(i);
    const x = stepsOf(features.x[i] as number, placeSteps, 4095);
    const y = stepsOf(features.y[i] as number, placeSteps, 4095);
    bytes[at] = x & 255;
    bytes[at + 1] = (x >> 8) | ((y & 15) << 4);
    bytes[at + 2] = y >> 4;
    bytes[at + 3] = stepsOf(features.angle[i] as number, 1, 256) & 255;
    bytes[at + 4] = stepsOf(features.scale[i] as number, scaleSteps, 255);
    for (let w = 0; w < descriptorWords; w++)
      view.setUint32(at + descriptorAt + 4 * w, features.descriptors[i * descriptorWords + w] as number, true);
  }
  return bytes;
}

/** Whether bytes are features of this version, as long as they say. */
export function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === featuresVersion && bytes.length === headerBytes + keypointBytes * packedCount(bytes);
}

/** Keypoints of packed features. */
export function packedCount(bytes: Uint8Array): number {
  return bytes[1] ?? 0;
}

/** Reads one keypoint's descriptor. */
export function readDescriptor(bytes: Uint8Array, keypoint: number, into: Uint32Array): void {
  const at = recordAt(keypoint) + descriptorAt;
  for (let w = 0, from = at; w < descriptorWords; w++, from += 4)
    into[w] =
      (bytes[from] as number) |
      ((bytes[from + 1] as number) << 8) |
      ((bytes[from + 2] as number) << 16) |
      ((bytes[from + 3] as number) << 24);
}

/** Reads packed features; `undefined` when the bytes are of another version or of another length than they say. */
export function unpackFeatures(bytes: Uint8Array): LocalFeatures | undefined {
  if (!isPacked(bytes)) return undefined;
  const count = packedCount(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const features = {
    width: view.getUint16(2, true),
    height: view.getUint16(4, true),
    count,
    x: new Float32Array(count),
    y: new Float32Array(count),
    scale: new Float32Array(count),
    angle: new Float32Array(count),
    descriptors: new Uint32Array(count * descriptorWords),
    miniature: decodeMiniature(bytes.subarray(sizesBytes, headerBytes)),
  };
  for (let i = 0; i < count; i++) {
    const at = recordAt(i);
    const places = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    features.x[i] = (places & 4095) / placeSteps;
    features.y[i] = (places >> 12) / placeSteps;
    features.angle[i] = view.getUint8(at + 3);
    features.scale[i] = view.getUint8(at + 4) / scaleSteps;
    readDescriptor(bytes, i, features.descriptors.subarray(i * descriptorWords));
  }
  return features;
}

function stepsOf(value: number, steps: number, max: number): number {
  return Math.min(max, Math.max(0, Math.floor(value * steps + 0.5)));
}
