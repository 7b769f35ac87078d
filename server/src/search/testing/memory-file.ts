import type { SnapshotFile } from "../../ports.ts";

/** A snapshot file in memory; its bytes may be looked at and spoiled. */
export class MemoryFile implements SnapshotFile {
  bytes: Buffer | undefined;
  writes = 0;

  async *read(): AsyncIterable<Uint8Array> {
    if (this.bytes) yield this.bytes;
  }

  async write(pieces: Iterable<Uint8Array>): Promise<void> {
    this.bytes = Buffer.concat([...pieces]);
    this.writes++;
  }
}
