import sharp from "sharp";
import { type DrawnKind, dialOf, drawnKinds, minutesShown, painters } from "./painters.ts";
import { drawingSize, type Hand, scatter } from "./strokes.ts";

/** Layouts that a kind has: pictures whose seeds differ by a multiple of it are of one make, with other contents. */
export const layoutsPerKind = 100;

/** Pictures from this seed on have 100 layouts of their own: what was fitted to those says nothing of the ones before. */
export const fittingSeed = 1_000_000;

/** Draws a picture of a kind; the same seed draws the same picture, another seed other contents, in one of 100 layouts. */
export function drawPicture(kind: DrawnKind, seed: number): Promise<Buffer> {
  const { width, height } = drawingSize;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${painters[kind](handOf(kind, seed))}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}

function handOf(kind: DrawnKind, seed: number): Hand {
  const own = 1_000_003 * (drawnKinds.indexOf(kind) + 1);
  const edition = seed >= fittingSeed ? 5000 : 0;
  return {
    layout: scatter(own + edition + (seed % layoutsPerKind)),
    content: scatter(own + 7919 * (seed + 100)),
    number: Math.floor(seed / layoutsPerKind),
  };
}

/**
 * Whether two drawings are of one kind and differ by what an editor changes too. Two clocks at the same time, give or take a minute, are each
 * other's recoloured copy; so are two dials without numerals of which one, mirrored or turned by hours, shows the other's time.
 */
export function mayPassForCopy(kind: DrawnKind, seed: number, other: number): boolean {
  return likenessOfClocks(kind, seed, other) !== undefined;
}

/** How two drawings pass for each other's copy; `undefined` for those that do not, and for all but clocks. */
export function likenessOfClocks(
  kind: DrawnKind,
  seed: number,
  other: number,
): "at the same time" | "mirrored or turned" | undefined {
  if (kind !== "clock") return undefined;
  const [one, another] = [clockOf(seed), clockOf(other)];
  if (handsCoincide(one, another)) return "at the same time";
  if (one.numerals || another.numerals) return undefined;
  const isOther = [1, -1].some((direction) => hours.some((turn) => handsCoincide(one, another, { direction, turn })));
  return isOther ? "mirrored or turned" : undefined;
}

interface Clock {
  readonly numerals: boolean;
  /** Degrees clockwise from twelve. */
  readonly hands: readonly [number, number];
}

/** What a dial without numerals is turned by. */
const hours: readonly number[] = Array.from({ length: 12 }, (_, hour) => 30 * hour);
/** A minute on the dial, in degrees: hands this near are in one place. */
const handReach = 6;

function clockOf(seed: number): Clock {
  const { layout, content, number } = handOf("clock", seed);
  const minutes = minutesShown(content, number);
  return { numerals: dialOf(layout).numerals, hands: [minutes / 2, 6 * minutes] };
}

/** Whether both hands of the one, mirrored where the direction is −1 and turned, lie on the other's. */
function handsCoincide(one: Clock, another: Clock, { direction, turn } = { direction: 1, turn: 0 }): boolean {
  return one.hands.every((hand, i) => {
    const apart = (direction * hand + turn - (another.hands[i] as number)) % 360;
    const around = (apart + 360) % 360;
    return Math.min(around, 360 - around) <= handReach;
  });
}
