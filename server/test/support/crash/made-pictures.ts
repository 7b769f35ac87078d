import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Fingerprint } from "@utsuru/core/fingerprint";
import { featuresVersion } from "@utsuru/core/local-features";
import { type Orientation, orientations } from "@utsuru/core/orientations";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import { unpackFeatures } from "@utsuru/core/pack-features";
import type { Decoder, Inspection } from "../../../src/ports.ts";

const digests = 400;
/** Of no version: a made picture has no parts that could be looked for. */
const noFeatures = Uint8Array.of(0);
/** Of this program's version, without a keypoint: what an image has when it was derived anew. */
const noParts = unpackFeatures(Uint8Array.of(featuresVersion, ...new Uint8Array(1543)));

/** What stands for a picture where only its bytes matter: 12.8 kB that its name determines. */
export function contentOf(name: string): Buffer {
  return Buffer.concat(Array.from({ length: digests }, (_, i) => sha256(`${name} ${i}`)));
}

/** Reads made pictures: each has the fingerprint that its bytes digest to, so that none is near another. */
export function madeDecoder(): Pick<Decoder, "ingest" | "fingerprint" | "thumbnail" | "inspect" | "derive"> {
  return {
    inspect: async (path) => ({ ...inspectionOf(await readFile(path)), features: noParts }),
    ingest: async (path) => {
      const content = await readFile(path);
      return { ...inspectionOf(content), features: noFeatures, thumbnail: thumbnailOf(content) };
    },
    fingerprint: async (path) => inspectionOf(await readFile(path)),
    thumbnail: async (path) => thumbnailOf(await readFile(path)),
    derive: async (path) => (await readFile(path)).reverse(),
  };
}

function thumbnailOf(content: Buffer): Uint8Array {
  return content.subarray(0, 500);
}

/** What a decoder would say of a made picture. */
export function inspectionOf(content: Uint8Array): Inspection {
  const [pdq, whole] = [orientedOf("pdq", content), orientedOf("dct256", content)];
  return { format: "jpeg", width: 640, height: 480, pdq, dct256: { whole }, features: undefined };
}

function orientedOf(algorithm: Fingerprint["algorithm"], content: Uint8Array): OrientedFingerprint {
  const codes = Object.fromEntries(orientations.map((name) => [name, codeOf(content, `${algorithm} ${name}`)]));
  const fingerprint = { algorithm, code: codeOf(content, `${algorithm} identity`), quality: 100 };
  return { fingerprint, codes: codes as Record<Orientation, Uint8Array> };
}

function codeOf(content: Uint8Array, kind: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(content).update(kind).digest());
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
