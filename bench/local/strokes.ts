/** Numbers from 0 up to 1, always the same ones for the same seed. */
export type Random = () => number;

/** What guides a drawing: `layout` is shared by all pictures of one make, `content` is the picture's own. */
export interface Hand {
  readonly layout: Random;
  readonly content: Random;
  /** Which of its make the picture is, from 0. */
  readonly number: number;
}

/** Pixels of every drawn picture. */
export const drawingSize = { width: 640, height: 480 } as const;

/** A linear congruential generator with its low bits stirred in: fixed pictures on every machine. */
export function scatter(seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const stirred = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0;
    return ((stirred ^ (stirred >>> 13)) >>> 0) / 4294967296;
  };
}

/** A whole number from `least` to `most`. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor((most - least + 1) * random());
}

export function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(choices.length * random())] ?? choices[0];
}

/** A colour of middling brightness. */
export function colour(random: Random): string {
  return `hsl(${between(random, 0, 359)},60%,${between(random, 25, 70)}%)`;
}

/** So many shapes, one after the other. */
export function several(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join("");
}

export function rectangle([x, y, width, height]: readonly [number, number, number, number], paint: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${paint}/>`;
}

/** A line of text from (x, y) at a size in pixels. */
export function text([x, y, size]: readonly [number, number, number], content: string, fill = "#222"): string {
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans" font-size="${size}" fill="${fill}">${content}</text>`;
}

const syllables = "ka re mo ti sun der fal gor in el ap to min ra us que ver do lan phi bo zet".split(" ");

/** Words of one to three syllables that mean nothing. */
export function words(random: Random, count: number): string {
  const word = (): string => several(between(random, 1, 3), () => syllables[between(random, 0, 21)] ?? "");
  return Array.from({ length: count }, word).join(" ");
}
