import pRetry from "p-retry";
import type { Verdict } from "./object-store.ts";

/** How often and how long a call is tried. */
export interface RetryTerms {
  readonly tries: number;
  /** Waits grow from the first by two, each stretched at random by up to two, none above the last. */
  readonly waitMsMin: number;
  readonly waitMsMax: number;
  /** A try that has not answered by then is given up. */
  readonly tryMsMax: number;
  /** No further try begins after this. */
  readonly callMsMax: number;
}

/** Waits of 0.1 to 3 s, 6 s in all: long enough for a store's hiccup, short enough for a person who waits. */
export const retryTerms: RetryTerms = {
  tries: 6,
  waitMsMin: 100,
  waitMsMax: 3000,
  tryMsMax: 20_000,
  callMsMax: 60_000,
};

/** What a retried call needs to know. */
export interface CallOptions {
  readonly terms: RetryTerms;
  readonly judge: (error: unknown) => Verdict;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds on top of a try's limit, for what takes longer by its size. */
  readonly extraMs?: number;
}

/** Carries a verdict past the retries. */
class Judged extends Error {
  readonly verdict: Verdict;

  constructor(verdict: Verdict, cause: unknown) {
    super(verdict.failure.message, { cause });
    this.verdict = verdict;
  }
}

/** Tries a call until it succeeds, its error is final, the tries are used up or the signal aborts; then throws the failure, or the signal's reason. */
export async function callStore<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { terms, judge, signal, extraMs = 0 }: CallOptions,
): Promise<T> {
  const once = async (): Promise<T> => {
    const limit = AbortSignal.timeout(terms.tryMsMax + extraMs);
    const trySignal = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    try {
      return await untilAborted(call(trySignal), trySignal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new Judged(judge(error), error);
    }
  };
  signal?.throwIfAborted();
  try {
    return await pRetry(once, {
      retries: terms.tries - 1,
      minTimeout: terms.waitMsMin,
      maxTimeout: terms.waitMsMax,
      maxRetryTime: terms.callMsMax,
      factor: 2,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof Judged && error.verdict.kind === "retry",
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw error instanceof Judged ? error.verdict.failure : error;
  }
}

/** The promise, or the signal's reason as soon as it aborts: not every client lets go of a call by itself. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
