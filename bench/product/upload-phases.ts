import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderBucket } from "../../server/src/buckets/folder-bucket.ts";
import { stagingFolder } from "../../server/src/buckets/staging-folder.ts";
import { decoderPool } from "../../server/src/pixels/decoder-pool.ts";
import type { Catalog, Image, Inspection, StagedFile } from "../../server/src/ports.ts";
import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { startEmbedded } from "../../server/src/postgres/embedded.ts";
import { timed } from "../statistics.ts";
import type { Timing } from "./photograph-timing.ts";

type Picture = { readonly name: string; readonly bytes: Buffer };

/** A phase; `isBeyond` decoding, hashing and making bytes durable, which every way to keep a picture must do. */
export type Phase = Timing & { readonly isBeyond: boolean };

const beyond: ReadonlySet<string> = new Set(["the note of what is put", "the transaction"]);

/** The phases of an upload, each by the adapter that the server uses, alone and one after the other. */
export async function timePhases(pictures: readonly Picture[]): Promise<Phase[]> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-phases-"));
  const embedded = await startEmbedded({ directory: join(folder, "database") });
  const catalog = await openCatalog({ url: embedded.url });
  const decoder = decoderPool({ processes: 1 });
  try {
    const bucket = await folderBucket({ root: join(folder, "images") });
    const staging = await stagingFolder(join(folder, "staging"));
    const owner = await addOwner(catalog);
    const times: Record<string, number[]> = {};
    const time = async <T>(phase: string, work: () => Promise<T>): Promise<T> => {
      const { value, ms } = await timed(work);
      times[phase] = [...(times[phase] ?? []), ms];
      return value;
    };
    const signal = AbortSignal.timeout(600_000);
    for (const { name, bytes } of pictures) {
      const staged = await time("stage on disk and take its SHA-256", () =>
        staging.stage(ReadableStream.from([bytes]), { bytesMax: 2 ** 26, signal }),
      );
      const inspection = await time("decode, fingerprint, features, thumbnail", () =>
        decoder.ingest(staged.path, { signal }),
      );
      const id = randomUUID();
      const keys = { original: `o/${id}`, thumbnail: `t/${id}` };
      await time("the note of what is put", () =>
        catalog.objects.notePut({ id, imageId: id, keys: Object.values(keys) }),
      );
      const [original, thumbnail] = await time("original and thumbnail into the folder bucket, with fsync", () =>
        Promise.all([
          bucket.put(keys.original, { file: staged }, { contentType: "image/jpeg" }),
          bucket.put(keys.thumbnail, { content: inspection.thumbnail }, { contentType: "image/webp" }),
        ]),
      );
      const image = imageOf({ id, keys, name, owner, staged, inspection });
      const { features } = inspection;
      await time("the transaction", () => catalog.images.add(image, { original, thumbnail, features }));
    }
    return Object.entries(times).map(([what, values]) => ({ what, times: values, isBeyond: beyond.has(what) }));
  } finally {
    await decoder.close();
    await catalog.close();
    await embedded.stop();
    await rm(folder, { recursive: true, maxRetries: 5 });
  }
}

async function addOwner({ accounts }: Catalog): Promise<Image["owner"]> {
  const email = "bench@example.org";
  const user = await accounts.addUser({
    id: randomUUID(),
    email,
    emailKey: email,
    passwordHash: "none",
    createdAt: new Date(),
  });
  if (!user) throw new Error("a new database has no users");
  return { id: user.id, audience: user.audience };
}

function imageOf(
  what: {
    name: string;
    owner: Image["owner"];
    staged: StagedFile;
    inspection: Omit<Inspection, "features">;
  } & Pick<Image, "id" | "keys">,
): Image {
  const { inspection, staged } = what;
  return {
    id: what.id,
    owner: what.owner,
    visibility: "public",
    file: what.name,
    format: inspection.format,
    width: inspection.width,
    height: inspection.height,
    bytes: staged.bytes,
    sha256: staged.sha256,
    createdAt: new Date(),
    fingerprints: [inspection.pdq.fingerprint, inspection.dct256.whole.fingerprint],
    keys: what.keys,
  };
}
