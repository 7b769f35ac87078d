import { imageKeys } from "../images/image-keys.ts";
import type { Expected } from "../images/read-object.ts";
import type { BackupRow } from "../ports.ts";
import { damaged, isUuid } from "./format.ts";

/** The objects that an image's rows name. */
export interface ImageObjects {
  readonly imageId: string;
  readonly original: Expected;
  /** `undefined` while it has none yet. */
  readonly thumbnail: Expected | undefined;
}

/** Those of an image's objects that its rows name, the original first. */
export function listOf({ original, thumbnail }: ImageObjects): Expected[] {
  return thumbnail ? [original, thumbnail] : [original];
}

/**
 * The objects that a part's rows name, in the order of the images. Throws `StartError` unless each is where an image with this
 * checksum and id has it: nothing that a file says gets a name of its own choosing.
 */
export function objectsOf(rows: readonly BackupRow[], name: string): ImageObjects[] {
  const data = new Map(rows.filter(({ table }) => table === "image_data").map(({ row }) => [row.image_id, row]));
  return rows
    .filter(({ table }) => table === "images")
    .map(({ row: { id, sha256 } }) => {
      const row = data.get(id);
      const objects = row && isUuid(id) ? toObjects({ id, sha256: digitsOf(sha256) }, row) : undefined;
      if (!objects) throw damaged(name);
      return objects;
    });
}

function toObjects(
  { id, sha256 }: { readonly id: string; readonly sha256: string | undefined },
  row: BackupRow["row"],
): ImageObjects | undefined {
  if (sha256 === undefined) return undefined;
  const keys = imageKeys(sha256, id);
  if (row.original_key !== keys.original || row.thumbnail_key !== keys.thumbnail) return undefined;
  const original = toExpected(keys.original, { bytes: row.bytes, sha256 });
  const isMade = (row.thumbnail_bytes ?? row.thumbnail_sha256 ?? undefined) !== undefined;
  const said = { bytes: row.thumbnail_bytes, sha256: digitsOf(row.thumbnail_sha256) };
  const thumbnail = isMade ? toExpected(keys.thumbnail, said) : undefined;
  return original && (thumbnail || !isMade) ? { imageId: id, original, thumbnail } : undefined;
}

function toExpected(
  key: string,
  { bytes, sha256 }: { readonly bytes: unknown; readonly sha256: string | undefined },
): Expected | undefined {
  return isSize(bytes) && sha256 !== undefined ? { key, bytes, sha256 } : undefined;
}

/** A checksum from PostgreSQL's hex format of bytes, `\x…`. */
function digitsOf(bytea: unknown): string | undefined {
  return /^\\x([0-9a-f]{64})$/.exec(String(bytea))?.[1];
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
