/** Kinds of requests, and how many of 1,000 are of each. A login costs a quarter of a second by design, so there are few. */
export const mix = {
  upload: 150,
  "search by file": 150,
  "search by fingerprint": 250,
  list: 146,
  thumbnail: 200,
  download: 50,
  delete: 50,
  login: 4,
} as const;

/** A kind of request. */
export type Kind = keyof typeof mix;

/** Kinds in the order of the report. */
export const kinds: readonly Kind[] = Object.keys(mix).filter((name): name is Kind => name in mix);

/** So many requests of the mix, well stirred, always in the same order. */
export function planRequests(count: number): Kind[] {
  const total = kinds.reduce((sum, kind) => sum + mix[kind], 0);
  const plan = kinds.flatMap((kind) => Array.from({ length: Math.round((count * mix[kind]) / total) }, () => kind));
  const next = randomNumbers();
  for (let index = plan.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1));
    const [a, b] = [plan[index], plan[other]];
    if (a !== undefined && b !== undefined) [plan[index], plan[other]] = [b, a];
  }
  return plan;
}

/** Numbers from 0 up to 1, the same ones every time: the minimal standard generator (Park and Miller, CACM 1988). */
export function randomNumbers(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
