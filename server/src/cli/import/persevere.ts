import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "../../errors.ts";

/** Why a call came to nothing that may succeed when it is made again. */
export class Trouble extends Error {
  override readonly name = "Trouble";
  /** `asked`: the server wants us to wait; `broken`: there was no answer, or none that can be read. */
  readonly kind: "asked" | "broken";
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: Trouble["kind"],
    sentence: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(sentence, { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** How long and for whom a call is repeated. */
export interface Patience {
  /** No further try begins so long after the first. */
  readonly patienceMs: number;
  /** Ends the waiting between two tries. */
  readonly signal: AbortSignal;
  /** Told before each wait. */
  readonly onWait: (reason: string) => void;
}

const waitMs = { first: 250, last: 15_000 };

/** Repeats a call while it meets {@link Trouble} of the given kinds: after the time that the server asks for, else after growing waits. Throws `StartError` when patience ends. */
export async function persevere<T>(
  call: () => Promise<T>,
  patience: Patience,
  kinds: readonly Trouble["kind"][] = ["asked", "broken"],
): Promise<T> {
  const until = performance.now() + patience.patienceMs;
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Trouble) || !kinds.includes(error.kind)) throw error;
      const wait = error.retryAfterMs ?? Math.min(waitMs.last, waitMs.first * 2 ** tries) * (0.5 + Math.random() / 2);
      if (performance.now() + wait > until)
        throw new StartError(`${error.message} Waited long enough.`, { cause: error });
      patience.onWait(error.message);
      await delay(wait, undefined, { signal: patience.signal });
    }
  }
}
