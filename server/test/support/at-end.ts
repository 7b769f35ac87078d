import { closers } from "../../src/closers.ts";

/** Whatever runs functions when it is over: a test, or all tests of a file. */
export interface Ending {
  after(end: () => unknown): void;
}

const ends = new WeakMap<Ending, ReturnType<typeof closers>>();

/**
 * Has something done when a test is over: what was given last comes first, and each comes whether or not others fail.
 * The runner's own hooks run in the order they were given and end with the first that fails: a folder would go
 * while a server still writes into it, and the server would stay when the folder can't go.
 */
export function atEnd(t: Ending, end: () => unknown): void {
  let own = ends.get(t);
  if (!own) {
    own = closers();
    ends.set(t, own);
    t.after(own.close);
  }
  own.add(async () => void (await end()));
}
