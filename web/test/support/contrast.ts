/** How much lighter one colour is than another, 1 to 21 (WCAG 2.2, contrast ratio). Colours as `#rrggbb` or `#rgb`. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const long = colour.trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  const channels = /^#(..)(..)(..)$/.exec(long);
  if (channels === null) throw new Error(`expected a colour like #1d4f63, got ${colour}`);
  const [red, green, blue] = channels.slice(1).map((hex) => linear(Number.parseInt(hex, 16) / 255)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
