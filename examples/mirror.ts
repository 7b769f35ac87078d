import type { Pixels } from "@utsuru/core/pixels";

/** A grey picture with left and right swapped. */
export function mirror({ data, width, height }: Pixels): Pixels {
  const mirrored = Uint8Array.from(data, (_, at) => {
    const x = at % width;
    return data[at - x + (width - 1 - x)] as number;
  });
  return { data: mirrored, width, height, channels: 1 };
}
