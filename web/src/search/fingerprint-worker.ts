import { toHex } from "@utsuru/core/fingerprint";
import { pdq } from "@utsuru/core/pdq";
import type { FingerprintAnswer } from "./fingerprint-file.ts";
import { readPixels } from "./read-pixels.ts";

/** Reads one picture and answers with its fingerprint, off the page's own thread: 12 million pixels take a good part of a second. */
addEventListener("message", async ({ data }: MessageEvent<Blob>) => {
  postMessage(await answer(data));
});

async function answer(file: Blob): Promise<FingerprintAnswer> {
  try {
    const { fingerprint, codes } = pdq(await readPixels(file));
    const orientations = Object.fromEntries(Object.entries(codes).map(([name, code]) => [name, toHex(code)]));
    return { kind: "read", fingerprint: { hex: toHex(fingerprint.code), quality: fingerprint.quality, orientations } };
  } catch {
    return { kind: "unreadable" };
  }
}
