/** Whatever runs functions when it is over: a test, or all tests of a file. */
export interface Ending {
  after(end: () => unknown): void;
}

const ends = new WeakMap<Ending, (() => unknown)[]>();

/**
 * Has something done when a test is over: what was given last comes first, and each comes whether or not others fail.
 * The runner's own hooks run in the order they were given and end with the first that fails: a folder would go
 * while a server still writes into it, and the server would stay when the folder can't go.
 */
export function atEnd(t: Ending, end: () => unknown): void {
  const known = ends.get(t);
  if (known) {
    known.push(end);
    return;
  }
  const own = [end];
  ends.set(t, own);
  t.after(() => runAll(own));
}

async function runAll(own: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let end = own.pop(); end; end = own.pop()) {
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, "a test left something behind");
}
