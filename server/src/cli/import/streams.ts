/** Gathers items into lists that `isFull` says to end; the last may be shorter. */
export async function* listsOf<T>(
  items: AsyncIterable<T>,
  isFull: (list: readonly T[], next: T) => boolean,
): AsyncGenerator<T[]> {
  let list: T[] = [];
  for await (const item of items) {
    if (list.length > 0 && isFull(list, item)) {
      yield list;
      list = [];
    }
    list.push(item);
  }
  if (list.length > 0) yield list;
}

/** Asks for the next item while the last one is being worked on. */
export async function* oneAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T>> => {
    const next = iterator.next();
    next.catch(() => {}); // who awaits it comes later
    return next;
  };
  try {
    for (let next = ask(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = ask();
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Lets so many lanes draw from one source, so that no more is held than is being worked on. The first failure ends all when each has done its item. */
export async function inLanes<T>(
  items: AsyncIterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let isOver = false;
  const lane = async (): Promise<void> => {
    try {
      while (!isOver) {
        const { done, value } = await iterator.next();
        if (done) return;
        await work(value);
      }
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  await iterator.return?.();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
