import pLimit from "p-limit";
import type { Session } from "../session/session.ts";

/** A picture's object URL, held until released. */
export interface Lease {
  readonly objectUrl: Promise<string>;
  release(): void;
}

interface Entry {
  readonly objectUrl: Promise<string>;
  readonly controller: AbortController;
  leases: number;
  loaded: boolean;
}

/** Pictures under way at once: as many connections as a browser opens to one server over HTTP/1.1. */
const downloadsMax = 6;
/** Pictures kept though nobody shows them, so that scrolling back costs nothing: 100 thumbnails are about 2 MB. */
const idleMax = 100;

/**
 * Pictures behind the Authorization header, which an `<img src>` cannot send: fetched, then shown by object URL.
 * Each URL is revoked once nobody leases it and `idleMax` others were left idle after it.
 */
export class PictureStore {
  readonly #session: Session;
  readonly #limit = pLimit(downloadsMax);
  readonly #entries = new Map<string, Entry>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Leases the picture at the server's URL, fetching it unless it is at hand. */
  lease(url: string): Lease {
    const entry = this.#entries.get(url) ?? this.#open(url);
    entry.leases++;
    let held = true;
    const release = (): void => {
      if (held) this.#release(url, entry);
      held = false;
    };
    return { objectUrl: entry.objectUrl, release };
  }

  /** Lets go of every picture. */
  close(): void {
    for (const [url, entry] of this.#entries) this.#drop(url, entry);
  }

  #open(url: string): Entry {
    const controller = new AbortController();
    const objectUrl = this.#limit(() => this.#fetch(url, controller.signal));
    const entry: Entry = { objectUrl, controller, leases: 0, loaded: false };
    this.#entries.set(url, entry);
    objectUrl.then(
      () => {
        entry.loaded = true;
      },
      // A picture that did not come is not kept: the next to ask tries again. Whoever leased it hears of the failure.
      () => this.#forget(url, entry),
    );
    return entry;
  }

  async #fetch(url: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const response = await this.#session.send((token) =>
      fetch(url, { signal, headers: { Authorization: `Bearer ${token}` } }),
    );
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return URL.createObjectURL(await response.blob());
  }

  #release(url: string, entry: Entry): void {
    entry.leases--;
    if (entry.leases > 0 || this.#entries.get(url) !== entry) return;
    if (entry.loaded) this.#keepIdle(url, entry);
    else this.#drop(url, entry);
  }

  #keepIdle(url: string, entry: Entry): void {
    // A Map keeps the order of insertion: what was left idle last stands last.
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    const idle = [...this.#entries].filter(([, { leases }]) => leases === 0);
    for (const [url, entry] of idle.slice(0, Math.max(0, idle.length - idleMax))) this.#drop(url, entry);
  }

  #drop(url: string, entry: Entry): void {
    this.#forget(url, entry);
    entry.controller.abort();
    // Nothing to revoke where the download failed or was called off.
    entry.objectUrl.then(URL.revokeObjectURL, () => undefined);
  }

  #forget(url: string, entry: Entry): void {
    if (this.#entries.get(url) === entry) this.#entries.delete(url);
  }
}
