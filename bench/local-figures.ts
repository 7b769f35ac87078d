/**
 * Draws the figures of docs/local-features.md from pictures that we drew ourselves: `node bench/local-figures.ts`.
 *
 * Each shows a stored picture, the query, and the keypoints that agree; under it stands the verdict, as this version gives it.
 */
import { join } from "node:path";
import { extractFeatures } from "@utsuru/core/features";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { packFeatures, unpackFeatures } from "@utsuru/core/pack-features";
import { comparePictures } from "@utsuru/core/partial-copies";
import { mapPoint, type Transform } from "@utsuru/core/transform";
import { type Variant, variantOf, variants } from "@utsuru/core/variants";
import sharp from "sharp";
import { type Alignment, align } from "../core/src/match/align.ts";
import { decodeSmall } from "./local/decode.ts";
import { drawPicture } from "./local/drawn.ts";

const folder = join(import.meta.dirname, "../docs/local-features");
/** Width of one picture in a figure, and the height of the line under it, in pixels. */
const width = 300;
const lineHeight = 24;

interface Figure {
  readonly name: string;
  readonly stored: Buffer;
  readonly query: Buffer;
}

const figures: readonly Figure[] = [
  { name: "crop", stored: await drawPicture("map", 7), query: await turnedCrop(await drawPicture("map", 7)) },
  { name: "window", stored: await drawPicture("screen", 4), query: await drawPicture("screen", 104) },
  { name: "hands", stored: await drawPicture("clock", 12), query: await drawPicture("clock", 312) },
  { name: "stripes", stored: await drawPicture("grating", 25), query: await drawPicture("grating", 31) },
  { name: "same-time", stored: await drawPicture("clock", 23), query: await drawPicture("clock", 59) },
];

for (const figure of figures) await writeFigure(figure);

/** The middle of a picture, turned by 12° and mirrored. */
async function turnedCrop(picture: Buffer): Promise<Buffer> {
  const turned = await sharp(picture).flop().rotate(12, { background: "#fff" }).png().toBuffer();
  return sharp(turned).extract({ left: 220, top: 150, width: 300, height: 260 }).jpeg({ quality: 70 }).toBuffer();
}

async function writeFigure({ name, stored, query }: Figure): Promise<void> {
  const target = unpackFeatures(packFeatures(extractFeatures(await decodeSmall(stored)))) as LocalFeatures;
  const asked = extractFeatures(await decodeSmall(query), { purpose: "query" });
  const match = comparePictures(asked, target);
  const best = bestAlignment(asked, target);
  const left = await framed(stored);
  const right = await framed(query);
  const height = Math.max(left.height, right.height);
  const scale = { left: width / target.width, right: width / asked.width };
  const lines = best?.alignment.inliers.map(({ query: i, target: j }) => {
    const x = asVariant(best.variant, asked, best.seen.x[i] as number);
    return `<line x1="${(target.x[j] as number) * scale.left}" y1="${(target.y[j] as number) * scale.left}" x2="${width + 12 + x * scale.right}" y2="${(best.seen.y[i] as number) * scale.right}" stroke="#c2185b" stroke-opacity="0.45"/>`;
  });
  const outline = match ? polygonOf(match.transform, asked, scale.left) : "";
  const verdict = match
    ? `${name}: match, score ${match.score.toFixed(0)}, ${match.inliers} inliers`
    : `${name}: no match; ${best?.alignment.inliers.length ?? 0} keypoints agree`;
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * width + 12}" height="${height + lineHeight}">${lines?.join("") ?? ""}${outline}<text x="4" y="${height + 17}" font-family="DejaVu Sans" font-size="14" fill="#222">${verdict}</text></svg>`;
  await sharp({ create: { width: 2 * width + 12, height: height + lineHeight, channels: 3, background: "#fff" } })
    .composite([
      { input: left.data, left: 0, top: 0 },
      { input: right.data, left: width + 12, top: 0 },
      { input: Buffer.from(overlay), left: 0, top: 0 },
    ])
    .webp({ quality: 60 })
    .toFile(join(folder, `${name}.webp`));
  console.log(verdict);
}

interface Best {
  readonly variant: Variant;
  readonly seen: LocalFeatures;
  readonly alignment: Alignment;
}

function bestAlignment(asked: LocalFeatures, target: LocalFeatures): Best | undefined {
  return variants
    .flatMap((variant): Best[] => {
      const seen = variantOf(asked, variant);
      const alignment = align(seen, target);
      return alignment ? [{ variant, seen, alignment }] : [];
    })
    .sort((a, b) => b.alignment.inliers.length - a.alignment.inliers.length)[0];
}

/** Where a column of a variant of the query lies in the query itself. */
function asVariant(variant: Variant, { width: side }: LocalFeatures, x: number): number {
  return variant.startsWith("mirrored") ? side - x : x;
}

function polygonOf(transform: Transform, query: LocalFeatures, scale: number): string {
  const corners = [
    [0, 0],
    [query.width, 0],
    [query.width, query.height],
    [0, query.height],
  ] as const;
  const points = corners.map(([x, y]) =>
    mapPoint(transform, x, y)
      .map((at) => (at * scale).toFixed(1))
      .join(","),
  );
  return `<polygon points="${points.join(" ")}" fill="none" stroke="#0277bd" stroke-width="2"/>`;
}

async function framed(picture: Buffer): Promise<{ data: Buffer; height: number }> {
  const { data, info } = await sharp(picture).resize(width).png().toBuffer({ resolveWithObject: true });
  return { data, height: info.height };
}
