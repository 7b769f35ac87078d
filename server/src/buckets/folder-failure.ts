import { Failure } from "../errors.ts";

/** Seconds after which a full disk may have been given room, and a missing one may be back. */
const retryAfterS = { full: 60, unavailable: 10 } as const;

const fullCodes: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** What a disk answers when it is broken, read-only, not mounted, out of reach over the network, or when the process has run out of file descriptors. */
const unavailableCodes: ReadonlySet<string> = new Set([
  "EACCES",
  "EAGAIN",
  "EBUSY",
  "EHOSTDOWN",
  "EIO",
  "EMFILE",
  "ENFILE",
  "ENODEV",
  "ENOENT",
  "ENOMEM",
  "ENOSYS",
  "ENOTSUP",
  "ENOTCONN",
  "ENXIO",
  "EPERM",
  "EROFS",
  "ESTALE",
  "ETIMEDOUT",
]);

/** The system's code of an error (`ENOENT`), or an empty text. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** An error of the file system as `storage-full` or `bucket-unavailable`; any other comes back as it is. */
export function folderFailure(error: unknown): unknown {
  const code = systemCode(error);
  if (fullCodes.has(code)) {
    return new Failure("storage-full", "The image store has no room left.", {
      cause: error,
      retryAfterS: retryAfterS.full,
    });
  }
  if (unavailableCodes.has(code)) {
    return new Failure("bucket-unavailable", `The image store cannot be used just now (${code}).`, {
      cause: error,
      retryAfterS: retryAfterS.unavailable,
    });
  }
  return error;
}

/** Runs a task and turns what the file system throws into failures. */
export async function withFolderFailures<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw folderFailure(error);
  }
}
