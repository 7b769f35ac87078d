import type { Orientation } from "../orientations.ts";
import type { Pixels } from "../pixels.ts";

/** Turns or mirrors the pixels themselves. */
export function turn({ data, width, height, channels }: Pixels, orientation: Orientation): Pixels {
  const lies = ["rotate-90", "rotate-270", "transpose", "transverse"].includes(orientation);
  const turned = { width: lies ? height : width, height: lies ? width : height, channels };
  const target = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = moved(orientation, { x, y, right: width - 1, bottom: height - 1 });
      const from = (y * width + x) * channels;
      target.set(data.subarray(from, from + channels), (toY * turned.width + toX) * channels);
    }
  }
  return { data: target, ...turned };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
}

/** Column and row at which a pixel lands. */
function moved(orientation: Orientation, { x, y, right, bottom }: Place): readonly [number, number] {
  switch (orientation) {
    case "identity":
      return [x, y];
    case "rotate-90":
      return [bottom - y, x];
    case "rotate-180":
      return [right - x, bottom - y];
    case "rotate-270":
      return [y, right - x];
    case "flip-horizontal":
      return [right - x, y];
    case "flip-vertical":
      return [x, bottom - y];
    case "transpose":
      return [y, x];
    case "transverse":
      return [bottom - y, right - x];
    default:
      return orientation satisfies never;
  }
}
