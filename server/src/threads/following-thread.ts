import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { Failure } from "../errors.ts";
import type { Clock } from "../ports.ts";
import { checkFreshness, type Freshness, lagMsOf, noRoom } from "../search/followed-images.ts";

/** What a thread works with; `notice` is told in a sentence what whoever runs the server should know. */
export interface ThreadPorts {
  readonly clock: Clock;
  readonly notice: (sentence: string) => void;
}

/** What every thread says that follows the database, besides its answers. */
export type FollowerSays =
  | { readonly kind: "ready" }
  | { readonly kind: "freshness"; readonly freshness: Freshness }
  | { readonly kind: "notice"; readonly sentence: string };

/** The last thing that a thread is told. */
export type Close = { readonly kind: "close" };

/** One life of a thread after the other, and what is made of what it says. */
export interface ThreadRole<Said> {
  /** What the thread is, as the beginning of a sentence. */
  readonly name: string;
  /** In a sentence, why nothing is answered while another thread reads what the one before held. */
  readonly whileReading: string;
  readonly start: () => Worker;
  readonly onAnswer: (answer: Said) => void;
  /** The thread ended: what it was asked is not answered any more. */
  readonly onEnd: (failure: Failure) => void;
}

const restartMs = 1_000;

/** A thread that follows the database, and is told and asked by messages, which it takes in order. One that dies is followed by another. */
export class FollowingThread<Told, Said extends { readonly kind: string }> {
  readonly #ports: ThreadPorts;
  readonly #role: ThreadRole<Said>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #life: Promise<void>;
  #thread: Worker;
  /** How far the thread follows; not believed before it has caught up, as it may come from a snapshot that is old. */
  #told: Freshness;
  #hasCaughtUp = false;

  constructor(ports: ThreadPorts, role: ThreadRole<Said>) {
    this.#ports = ports;
    this.#role = role;
    this.#told = unknownSince(ports.clock.now());
    this.#thread = this.#start();
    this.#life = this.#live();
  }

  /** Resolves when for the first time all is held that the database has. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  tell(message: Told | Close): void {
    this.#thread.postMessage(message);
  }

  /** Why the thread cannot answer, while it does not know which images there are. */
  get failure(): Failure | undefined {
    const { isComplete, isFull } = this.#freshness;
    if (isFull) return noRoom();
    return isComplete ? undefined : this.#isReadAnew();
  }

  lagMs(): number {
    return lagMsOf(this.#freshness, this.#ports.clock.now());
  }

  /** Throws `index-unavailable` while it is not known which images there are, or has not been for long. */
  check(): void {
    checkFreshness(this.#freshness, this.#ports.clock.now());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.tell({ kind: "close" });
    await this.#life;
  }

  get #freshness(): Freshness {
    return this.#hasCaughtUp ? this.#told : { ...this.#told, isComplete: false };
  }

  #start(): Worker {
    return this.#role.start().on("message", (message: Said | FollowerSays) => this.#hear(message));
  }

  async #live(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const [ended] = await Promise.allSettled([once(this.#thread, "exit")]);
      this.#told = unknownSince(this.#ports.clock.now());
      this.#hasCaughtUp = false;
      this.#role.onEnd(this.#isReadAnew());
      if (this.#closing.signal.aborted) return;
      const reason = ended.status === "rejected" ? `: ${String(ended.reason)}` : "";
      this.#ports.notice(`${this.#role.name} ended and is started anew${reason}`);
      // Closing ends the wait by rejecting it, and then the loop.
      await delay(restartMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (!this.#closing.signal.aborted) this.#thread = this.#start();
    }
  }

  #hear(message: Said | FollowerSays): void {
    if (isOfFollower(message)) this.#follow(message);
    else this.#role.onAnswer(message);
  }

  #follow(message: FollowerSays): void {
    switch (message.kind) {
      case "ready":
        this.#hasCaughtUp = true;
        this.#ready.resolve();
        break;
      case "freshness":
        this.#told = message.freshness;
        break;
      case "notice":
        this.#ports.notice(message.sentence);
        break;
      default:
        message satisfies never;
    }
  }

  #isReadAnew(): Failure {
    return new Failure("index-unavailable", this.#role.whileReading, { retryAfterS: 5 });
  }
}

const kindsOfFollower: ReadonlySet<string> = new Set<FollowerSays["kind"]>(["ready", "freshness", "notice"]);

function isOfFollower(message: { readonly kind: string }): message is FollowerSays {
  return kindsOfFollower.has(message.kind);
}

function unknownSince(asOf: Date): Freshness {
  return { isComplete: false, isBehind: true, asOf, isFull: false };
}
