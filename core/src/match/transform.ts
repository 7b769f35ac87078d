/**
 * An affine map from a query's pixels to a stored picture's: `x' = a x + b y + c`, `y' = d x + e y + f`, as `[a, b, c, d, e, f]`
 * (the 2 × 3 matrix, row by row).
 */
export type Transform = readonly [number, number, number, number, number, number];

/** A point seen in both pictures. */
export interface PointPair {
  readonly x: number;
  readonly y: number;
  readonly toX: number;
  readonly toY: number;
}

/** Where the point goes. */
export function mapPoint([a, b, c, d, e, f]: Transform, x: number, y: number): [number, number] {
  return [a * x + b * y + c, d * x + e * y + f];
}

/** How much an area grows; negative when the map mirrors. */
export function determinantOf([a, b, , d, e]: Transform): number {
  return a * e - b * d;
}

/** The map back; meaningless when the determinant is 0. */
export function inverseOf(transform: Transform): Transform {
  const [a, b, c, d, e, f] = transform;
  const k = determinantOf(transform);
  return [e / k, -b / k, (b * f - c * e) / k, -d / k, a / k, (c * d - a * f) / k];
}

/** First `first`, then `second`. */
export function compose(second: Transform, first: Transform): Transform {
  const [a, b, c, d, e, f] = second;
  const [p, q, r, s, t, u] = first;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
}

/**
 * The map that fits the pairs best by least squares: affine when eight or more pairs span an area, else a similarity, which three
 * wrong pairs cannot bend.
 */
export function fitTransform(pairs: readonly PointPair[]): Transform {
  const n = pairs.length;
  let mx = 0;
  let my = 0;
  let mu = 0;
  let mv = 0;
  for (const { x, y, toX, toY } of pairs) {
    mx += x / n;
    my += y / n;
    mu += toX / n;
    mv += toY / n;
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let xu = 0;
  let xv = 0;
  let yu = 0;
  let yv = 0;
  for (const pair of pairs) {
    const x = pair.x - mx;
    const y = pair.y - my;
    const u = pair.toX - mu;
    const v = pair.toY - mv;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xu += x * u;
    xv += x * v;
    yu += y * u;
    yv += y * v;
  }
  const area = xx * yy - xy * xy;
  const centred = ([a, b, d, e]: readonly [number, number, number, number]): Transform => [
    a,
    b,
    mu - a * mx - b * my,
    d,
    e,
    mv - d * mx - e * my,
  ];
  if (n >= affinePairsMin && area > areaShareMin * (xx + yy) * (xx + yy))
    return centred([
      (xu * yy - yu * xy) / area,
      (yu * xx - xu * xy) / area,
      (xv * yy - yv * xy) / area,
      (yv * xx - xv * xy) / area,
    ]);
  const spread = xx + yy || 1;
  const cos = (xu + yv) / spread;
  const sin = (xv - yu) / spread;
  return centred([cos, -sin, sin, cos]);
}

const affinePairsMin = 8;
const areaShareMin = 1e-3;

/** The same map between pictures of other sizes, such as the originals of working pictures. */
export function rescaleTransform(
  transform: Transform,
  query: { readonly from: Size; readonly to: Size },
  target: { readonly from: Size; readonly to: Size },
): Transform {
  const back: Transform = [query.from.width / query.to.width, 0, 0, 0, query.from.height / query.to.height, 0];
  const forth: Transform = [target.to.width / target.from.width, 0, 0, 0, target.to.height / target.from.height, 0];
  return compose(forth, compose(transform, back));
}

interface Size {
  readonly width: number;
  readonly height: number;
}
