import sharp from "sharp";

/** Kinds of pictures whose parts repeat: where false geometry comes from. */
export const drawnKinds = ["page", "grating", "clock", "table", "screen", "map"] as const;

/** One of {@link drawnKinds}. */
export type DrawnKind = (typeof drawnKinds)[number];

const width = 640;
const height = 480;
const syllables = "ka re mo ti sun der fal gor in el ap to min ra us que ver do lan phi".split(" ");

type Random = () => number;

/** Draws a picture of a kind; the same seed draws the same picture, another seed other contents in the same manner. */
export function drawPicture(kind: DrawnKind, seed: number): Promise<Buffer> {
  const random = generator(seed * 7919 + drawnKinds.indexOf(kind) + 1);
  const body = painters[kind](random);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${body}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}

const painters: Readonly<Record<DrawnKind, (random: Random) => string>> = {
  page: (random) =>
    lines(26, (row) => text([40, 40 + row * 16, 12], words(random, 9 + Math.floor(3 * random())))) +
    text([40, 24, 18], words(random, 3)),
  grating: (random) => {
    const step = 8 + 24 * random();
    const angle = 180 * random();
    const shapes = lines(160, (i) => `<rect x="${-700 + i * step}" y="-900" width="${step / 2}" height="2400"/>`);
    return `<g fill="${colour(random)}" transform="rotate(${angle} 320 240)">${shapes}</g>`;
  },
  clock: (random) => {
    const marks = lines(
      60,
      (i) =>
        `<rect x="318" y="50" width="${i % 5 === 0 ? 6 : 2}" height="${i % 5 === 0 ? 24 : 10}" transform="rotate(${6 * i} 320 240)"/>`,
    );
    const hands = [110, 160].map(
      (length) =>
        `<rect x="316" y="${240 - length}" width="8" height="${length}" transform="rotate(${360 * random()} 320 240)"/>`,
    );
    return `<circle cx="320" cy="240" r="205" fill="${colour(random)}"/><circle cx="320" cy="240" r="195" fill="#fff"/>${marks}${hands.join("")}`;
  },
  table: (random) =>
    lines(18, (row) =>
      lines(
        7,
        (column) =>
          `<rect x="${20 + column * 86}" y="${20 + row * 24}" width="86" height="24" fill="none" stroke="#888"/>` +
          text([26 + column * 86, 37 + row * 24, 12], String(Math.floor(100000 * random()) / 100)),
      ),
    ),
  screen: (random) =>
    `<rect width="640" height="40" fill="#2a4d7c"/>${text([20, 27, 18], "Utsuru", "#fff")}<rect y="40" width="150" height="440" fill="#eee"/>` +
    lines(9, (i) =>
      text(
        [16, 76 + i * 28, 13],
        ["Home", "Search", "Images", "Albums", "Shared", "Bin", "Help", "Settings", "Exit"][i] ?? "",
      ),
    ) +
    lines(
      6,
      (i) =>
        `<rect x="${170 + (i % 3) * 155}" y="${60 + Math.floor(i / 3) * 205}" width="140" height="140" fill="${colour(random)}"/>` +
        text([170 + (i % 3) * 155, 220 + Math.floor(i / 3) * 205, 12], words(random, 2)),
    ),
  map: (random) =>
    lines(14, () => {
      const points = Array.from(
        { length: 7 },
        () => `${Math.floor(width * random())},${Math.floor(height * random())}`,
      );
      return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour(random)}" stroke-width="${2 + Math.floor(8 * random())}"/>`;
    }) + lines(24, () => text([width * random(), height * random(), 11], words(random, 1))),
};

function lines(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join("");
}

/** Dark text, or white on a bar. */
function text([x, y, size]: readonly [number, number, number], content: string, fill = "#222"): string {
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans" font-size="${size}" fill="${fill}">${content}</text>`;
}

function words(random: Random, count: number): string {
  const word = (): string =>
    Array.from({ length: 1 + Math.floor(3 * random()) }, () => syllables[Math.floor(syllables.length * random())]).join(
      "",
    );
  return Array.from({ length: count }, word).join(" ");
}

function colour(random: Random): string {
  return `hsl(${Math.floor(360 * random())},60%,${30 + Math.floor(40 * random())}%)`;
}

/** A linear congruential generator: fixed pictures on every machine. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
