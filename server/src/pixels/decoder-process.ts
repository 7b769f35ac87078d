/** What runs in a decoding process: one job at a time, asked for and answered over IPC. */
import { flushCompileCache } from "node:module";
import { dct256 } from "@utsuru/core/dct256";
import { extractFeatures, type Purpose } from "@utsuru/core/features";
import { hashPixels } from "@utsuru/core/hash-pixels";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { packFeatures } from "@utsuru/core/pack-features";
import { pdqOfShrunk } from "@utsuru/core/pdq";
import type { Pixels } from "@utsuru/core/pixels";
import { Failure } from "../errors.ts";
import type { Inspection } from "../ports.ts";
import { makeDerivative } from "./derivative.ts";
import { hardenLibvips } from "./libvips.ts";
import type { Answer, Job, Message, Yield } from "./messages.ts";
import { makeOverlay } from "./overlay.ts";
import { openPicture, type Picture } from "./picture.ts";
import { readPixels } from "./pixels.ts";
import { makeThumbnail } from "./thumbnail.ts";

async function perform(job: Job): Promise<Yield> {
  const picture = await openPicture(job.path);
  switch (job.kind) {
    case "inspect": {
      const pixels = await readPixels(picture, { exact: job.exact });
      const features = job.features && featuresOf(picture, pixels, job.features);
      return { kind: "done", job: "inspect", inspection: { ...hashesOf(picture, pixels), features } };
    }
    case "hash": {
      const hashes = hashPixels(await readPixels(picture, { exact: true }), job.names);
      return { kind: "done", job: "hash", hashed: { ...picture.header, hashes } };
    }
    case "ingest": {
      const pixels = await readPixels(picture);
      const features = packFeatures(featuresOf(picture, pixels, "store"));
      const thumbnail = await makeThumbnail(pixels, picture.header);
      return { kind: "done", job: "ingest", ingested: { ...hashesOf(picture, pixels), features, thumbnail } };
    }
    case "fingerprint":
      return { kind: "done", job: "fingerprint", fingerprinted: hashesOf(picture, await readPixels(picture)) };
    case "thumbnail":
      return {
        kind: "done",
        job: "thumbnail",
        picture: await makeThumbnail(await readPixels(picture), picture.header),
      };
    case "overlay": {
      const lower = { picture, pixels: await readPixels(picture) };
      const upperPicture = await openPicture(job.upperPath);
      const upper = { picture: upperPicture, pixels: await readPixels(upperPicture) };
      return { kind: "done", job: "overlay", picture: await makeOverlay(lower, upper, job) };
    }
    case "derive":
      return { kind: "done", job: "derive", picture: await makeDerivative(picture) };
  }
}

function hashesOf({ header }: Picture, pixels: Pixels): Omit<Inspection, "features"> {
  return { ...header, pdq: pdqOfShrunk(pixels, header), dct256: dct256(pixels) };
}

/** Features in the picture's own shape, from the pixels that are hashed, stretched as they may be. */
function featuresOf({ header }: Picture, pixels: Pixels, purpose: Purpose): LocalFeatures {
  return extractFeatures(pixels, { purpose, shape: header });
}

async function answer(job: Job): Promise<Answer> {
  try {
    return await perform(job);
  } catch (error) {
    if (error instanceof Failure) return { kind: "failed", code: error.code, detail: error.message };
    if (error instanceof Error && "syscall" in error && "code" in error) {
      return { kind: "unreadable", code: String(error.code) };
    }
    return { kind: "error", stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function say(message: Message): void {
  process.send?.(message);
}

hardenLibvips();
// Interrupting a terminal reaches the whole group: the server decides when its decoders end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// A decoder outlives its server by nothing, not even by the picture it is decoding: process.exit would wait for that thread.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", async (job: Job) => {
  const answered = await answer(job);
  say({ kind: "answer", answer: answered, rssBytes: process.memoryUsage.rss() });
});
say({ kind: "ready" });
// It is killed when it is no longer needed, so what was compiled is kept now, for the next ones; nothing without NODE_COMPILE_CACHE.
flushCompileCache();
