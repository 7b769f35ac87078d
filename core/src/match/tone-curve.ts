/** Grey levels of the target that share one point of the curve, and how many such points there are. */
const binLevels = 16;
const bins = 256 / binLevels;
/** Cells that a point of the curve needs. */
const cellsMin = 6;

interface Point {
  readonly from: number;
  readonly to: number;
}

/**
 * What one picture's greys lead one to expect of another in each cell: for each grey the median of what the other shows for it.
 *
 * Brighter, harder or clipped copies follow such a curve, whatever its form; where a copy has clipped the sky to white, no detail is
 * expected in it. A curve also explains away what has a grey of its own, such as a clock's hands: from the other picture's greys to
 * this one's it does not explain the same.
 *
 * @param from greys of a picture, 0 to 255
 * @param to the other's in the same cells, NaN where it does not reach: there nothing is expected
 */
export function toneCurve(from: Uint8Array | Float32Array, to: Float32Array): Float32Array {
  const histograms = new Uint16Array(bins * 256);
  for (let i = 0; i < to.length; i++) {
    const grey = to[i] as number;
    if (!(grey >= 0)) continue;
    const at = Math.floor((from[i] as number) / binLevels) * 256 + Math.floor(grey);
    histograms[at] = (histograms[at] as number) + 1;
  }
  const points = pointsOf(histograms);
  const curve = Float32Array.from({ length: 256 }, (_, grey) => onCurve(points, grey));
  return to.map((grey, i) => (grey >= 0 ? (curve[Math.floor(from[i] as number)] as number) : Number.NaN));
}

function pointsOf(histograms: Uint16Array): Point[] {
  const points: Point[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const histogram = histograms.subarray(bin * 256, (bin + 1) * 256);
    const cells = histogram.reduce((sum, count) => sum + count, 0);
    if (cells < cellsMin) continue;
    let below = 0;
    let grey = 0;
    while (below + (histogram[grey] as number) <= cells >> 1) below += histogram[grey++] as number;
    points.push({ from: (bin + 0.5) * binLevels, to: grey + 0.5 });
  }
  return points;
}

/** Along the line from point to point; beyond the last one at its slope. */
function onCurve(points: readonly Point[], grey: number): number {
  const above = points.findIndex(({ from }) => from > grey);
  const next = Math.max(1, above < 0 ? points.length - 1 : above);
  const [a, b] = [points[next - 1], points[next]];
  if (a === undefined || b === undefined) return grey;
  return a.to + ((grey - a.from) * (b.to - a.to)) / (b.from - a.from);
}
