import { existsSync } from "node:fs";
import { join } from "node:path";

const shared = process.env.UTSURU_SHARED || join(import.meta.dirname, "../../shared");

/** A folder of data that may not be in the repository. */
export interface SharedFolder {
  readonly path: string;
  /** Why it cannot be used, as a reason to skip; `false` where it can. */
  readonly absent: string | false;
}

/** Finds pictures and values that tests and benchmarks use where they are: below UTSURU_SHARED, or in `shared` beside the repository. */
export function sharedFolder(name: "corpus" | "golden" | "hostile"): SharedFolder {
  const path = join(shared, name);
  return { path, absent: existsSync(path) ? false : `there is no ${path}; UTSURU_SHARED names another place` };
}
