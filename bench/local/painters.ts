import { screen } from "./screens.ts";
import {
  between,
  colour,
  drawingSize,
  type Hand,
  pick,
  type Random,
  rectangle,
  several,
  text,
  words,
} from "./strokes.ts";

const { width, height } = drawingSize;

/** Kinds of pictures whose parts repeat: where false geometry comes from. */
export const drawnKinds = ["page", "pattern", "grating", "clock", "table", "screen", "chart", "map"] as const;

/** One of {@link drawnKinds}. */
export type DrawnKind = (typeof drawnKinds)[number];

/** How each kind of picture is drawn. */
export const painters: Readonly<Record<DrawnKind, (hand: Hand) => string>> = {
  page,
  pattern,
  grating,
  clock,
  table,
  screen,
  chart,
  map,
};

/** Text in one or two columns. */
function page({ layout, content }: Hand): string {
  const size = between(layout, 9, 15);
  const leading = Math.round(size * 1.4);
  const columns = between(layout, 1, 2);
  const margin = between(layout, 20, 50);
  const top = margin + between(layout, 20, 60);
  const column = (width - margin) / columns;
  const perLine = Math.floor(column / (size * 3.4));
  const rows = Math.floor((height - top - 20) / leading);
  return (
    text([margin, margin, size + 8], words(content, 3)) +
    several(columns * rows, (i) =>
      text([margin + Math.floor(i / rows) * column, top + (i % rows) * leading, size], words(content, perLine)),
    )
  );
}

/** A motif repeated on a grid, as on wallpaper. */
function pattern({ layout, content }: Hand): string {
  const pitch = between(layout, 28, 90);
  const shift = pick(layout, [0, 0.5]);
  const motif = several(between(content, 2, 4), () => {
    const at = (): number => Math.round(pitch * (0.1 + 0.8 * content()));
    const paint = `fill="${colour(content)}"`;
    return pick(content, [
      () => `<circle cx="${at()}" cy="${at()}" r="${Math.round(pitch * (0.06 + 0.2 * content()))}" ${paint}/>`,
      () => `<polygon points="${at()},${at()} ${at()},${at()} ${at()},${at()}" ${paint}/>`,
      () => rectangle([at() / 2, at() / 2, at() / 2, at() / 2], paint),
    ])();
  });
  const columns = Math.ceil(width / pitch) + 2;
  const rows = Math.ceil(height / pitch) + 1;
  const ground = rectangle([0, 0, width, height], `fill="${colour(content)}"`);
  const uses = several(rows * columns, (i) => {
    const row = Math.floor(i / columns);
    return `<use href="#m" x="${((i % columns) - 1 + (row % 2) * shift) * pitch}" y="${row * pitch}"/>`;
  });
  return `<defs><g id="m">${motif}</g></defs>${ground}${uses}`;
}

/** Stripes, or two of them crossed. */
function grating({ layout, content }: Hand): string {
  const angle = between(layout, 0, 179) + 10 * content();
  const stripes = (turn: number, opacity: number): string => {
    const step = 8 + 30 * content();
    const bars = several(Math.ceil(1500 / step), (i) =>
      rectangle([-600 + i * step, -900, step * 0.5, 2400], `fill-opacity="${opacity}"`),
    );
    return `<g fill="${colour(content)}" transform="rotate(${turn} 320 240)">${bars}</g>`;
  };
  return stripes(angle, 1) + (layout() < 0.4 ? stripes(angle + between(layout, 20, 90), 0.5) : "");
}

/** What a clock shows: half an hour and less apart, so that no two of a make show the same time. */
export function minutesShown(content: Random, number: number): number {
  return 29 * number + between(content, 0, 4);
}

/** What a make of clocks has in common. */
export interface Dial {
  readonly radius: number;
  readonly rim: number;
  /** Length of the marks of hours. */
  readonly long: number;
  /** A dial without numerals looks the same mirrored, and turned by hours. */
  readonly numerals: boolean;
}

/** The dial of a layout from its start on. */
export function dialOf(layout: Random): Dial {
  return {
    radius: between(layout, 150, 215),
    rim: between(layout, 4, 20),
    long: between(layout, 10, 28),
    numerals: layout() < 0.5,
  };
}

/** The face of a clock: the layout is the face, the contents are the time. */
function clock({ layout, content, number }: Hand): string {
  const { radius, rim, long, numerals } = dialOf(layout);
  const around = (i: number, shape: string): string => `<g transform="rotate(${6 * i} 320 240)">${shape}</g>`;
  const marks = several(60, (i) =>
    around(
      i,
      i % 5 === 0 ? rectangle([317, 248 - radius, 6, long], "") : rectangle([319, 248 - radius, 2, long / 2], ""),
    ),
  );
  const figures = several(12, (i) => {
    const turn = ((i + 1) * Math.PI) / 6;
    const reach = radius - long - 26;
    return text([309 + reach * Math.sin(turn), 248 - reach * Math.cos(turn), 22], String(i + 1));
  });
  const breadth = between(layout, 4, 10);
  const minutes = minutesShown(content, number);
  const hand = (turn: number, length: number): string =>
    `<g transform="rotate(${turn} 320 240)">${rectangle([320 - breadth / 2, 240 - length, breadth, length + 20], `fill="#111"`)}</g>`;
  return (
    rectangle([0, 0, width, height], `fill="${colour(layout)}"`) +
    `<circle cx="320" cy="240" r="${radius + rim}" fill="${colour(layout)}"/><circle cx="320" cy="240" r="${radius}" fill="#fff"/>` +
    marks +
    (numerals ? figures : "") +
    hand(minutes / 2, radius * 0.55) +
    hand(6 * minutes, radius * 0.85)
  );
}

/** Numbers in ruled cells under fixed headings. */
function table({ layout, content }: Hand): string {
  const rows = between(layout, 8, 20);
  const columns = between(layout, 4, 8);
  const cell = { width: Math.floor(600 / columns), height: Math.floor(430 / rows) };
  const size = Math.min(14, cell.height - 8);
  const decimals = between(layout, 0, 2);
  return several(rows * columns, (i) => {
    const x = 20 + (i % columns) * cell.width;
    const y = 20 + Math.floor(i / columns) * cell.height;
    const figure = (content() * 10 ** between(content, 2, 5)).toFixed(decimals);
    const label = i < columns ? words(layout, 1) : figure;
    return (
      rectangle([x, y, cell.width, cell.height], `fill="${i < columns ? "#dde" : "none"}" stroke="#888"`) +
      text([x + 6, y + cell.height - 6, size], label)
    );
  });
}

/** Bars or a line over ruled axes. */
function chart({ layout, content }: Hand): string {
  const count = between(layout, 8, 24);
  const step = 540 / count;
  const bars = layout() < 0.5;
  const paint = colour(layout);
  const values = Array.from({ length: count }, () => 20 + 340 * content());
  const axes = several(
    8,
    (i) => rectangle([60, 420 - i * 50, 560, 1], `fill="#bbb"`) + text([20, 424 - i * 50, 12], String(i * 10)),
  );
  const shapes = bars
    ? values.map((value, i) => rectangle([66 + i * step, 420 - value, step * 0.7, value], `fill="${paint}"`)).join("")
    : `<polyline points="${values.map((value, i) => `${66 + i * step},${420 - value}`).join(" ")}" fill="none" stroke="${paint}" stroke-width="3"/>`;
  const labels = several(count, (i) => text([66 + i * step, 440, 10], String(i + 1)));
  return text([60, 36, 20], words(content, 3)) + axes + shapes + labels;
}

/** Roads, water and names. */
function map({ layout, content }: Hand): string {
  const palette = [colour(layout), colour(layout), colour(layout)] as const;
  const point = (): string => `${between(content, 0, width)},${between(content, 0, height)}`;
  const areas = several(
    4,
    () => `<polygon points="${several(5, () => `${point()} `)}" fill="${palette[0]}" fill-opacity="0.35"/>`,
  );
  const roads = several(
    between(layout, 8, 18),
    () =>
      `<polyline points="${several(7, () => `${point()} `)}" fill="none" stroke="${pick(content, palette)}" stroke-width="${between(content, 2, 9)}"/>`,
  );
  const names = several(24, () =>
    text([between(content, 0, width), between(content, 0, height), 11], words(content, 1)),
  );
  return areas + roads + names;
}
