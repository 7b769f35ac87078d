/**
 * Lets those who want a folder synced at once share one call: whoever comes while a sync is under way waits for the next one, which begins
 * after all of them came and so makes durable what each has done before (group commit, as databases do it with their logs).
 */
export function sharedSyncs(sync: (path: string) => Promise<void>): (path: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const following = new Map<string, Promise<void>>();
  const start = (path: string): Promise<void> => {
    const run = sync(path).finally(() => running.delete(path));
    running.set(path, run);
    return run;
  };
  const follow = async (path: string, before: Promise<void>): Promise<void> => {
    await before.catch(() => {}); // whoever waits for that one is told
    following.delete(path);
    return start(path);
  };
  return (path) => {
    const shared = following.get(path);
    if (shared !== undefined) return shared;
    const before = running.get(path);
    if (before === undefined) return start(path);
    const next = follow(path, before);
    following.set(path, next);
    return next;
  };
}
