import { open } from "node:fs/promises";

/** Makes the names in a folder durable: a rename survives a power cut only once its folder was synced. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
