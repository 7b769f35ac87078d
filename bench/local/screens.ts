import { between, colour, type Hand, pick, rectangle, several, text, words } from "./strokes.ts";

/** A program's window: bars and menus are its layout, what it shows are the contents. */
export function screen(hand: Hand): string {
  const { layout } = hand;
  const bar = colour(layout);
  const menu = several(9, (i) => text([16, 76 + i * 30, 13], words(layout, 1)));
  const frame =
    rectangle([0, 0, 640, 40], `fill="${bar}"`) +
    text([20, 27, 18], words(layout, 1), "#fff") +
    rectangle([0, 40, 150, 440], `fill="#eee"`) +
    menu;
  return frame + pick(layout, [gallery, letters, chat, code])(hand);
}

/** Pictures with their names. */
function gallery({ layout, content }: Hand): string {
  const columns = between(layout, 2, 4);
  const side = Math.floor(480 / columns) - 16;
  const rows = Math.floor(430 / (side + 34));
  return several(columns * rows, (i) => {
    const x = 166 + (i % columns) * (side + 16);
    const y = 54 + Math.floor(i / columns) * (side + 34);
    const sun = `<circle cx="${x + side * content()}" cy="${y + side * 0.4 * content()}" r="${side * 0.15}" fill="${colour(content)}"/>`;
    const hills = `<polygon points="${x},${y + side} ${x + side * content()},${y + side * content()} ${x + side},${y + side}" fill="${colour(content)}"/>`;
    return (
      rectangle([x, y, side, side], `fill="${colour(content)}"`) +
      sun +
      hills +
      text([x, y + side + 16, 11], words(content, 2))
    );
  });
}

/** Senders, subjects and times. */
function letters({ layout, content }: Hand): string {
  const pitch = between(layout, 26, 44);
  return several(Math.floor(430 / pitch), (i) => {
    const y = 44 + i * pitch;
    return (
      rectangle([150, y + pitch - 1, 490, 1], `fill="#ccc"`) +
      `<circle cx="170" cy="${y + pitch / 2}" r="9" fill="${colour(content)}"/>` +
      text([190, y + pitch - 10, 13], words(content, 1)) +
      text([290, y + pitch - 10, 12], words(content, 4), "#555") +
      text([596, y + pitch - 10, 11], `${between(content, 10, 23)}:${between(content, 10, 59)}`)
    );
  });
}

/** Bubbles to the left and to the right. */
function chat({ layout, content }: Hand): string {
  const tints = [colour(layout), "#e8e8e8"] as const;
  return several(8, (i) => {
    const own = content() < 0.5;
    const long = between(content, 120, 300);
    const x = own ? 620 - long : 166;
    return (
      `<rect x="${x}" y="${54 + i * 52}" width="${long}" height="40" rx="12" fill="${own ? tints[0] : tints[1]}"/>` +
      text([x + 12, 79 + i * 52, 13], words(content, Math.floor(long / 60)))
    );
  });
}

/** Indented lines in a few colours. */
function code({ layout, content }: Hand): string {
  const paints = [colour(layout), colour(layout), "#333"] as const;
  return (
    rectangle([150, 40, 34, 440], `fill="#f4f4f4"`) +
    several(26, (i) => {
      const y = 58 + i * 16;
      const indent = 194 + 18 * between(content, 0, 4);
      return (
        text([156, y, 11], String(i + 1), "#999") +
        text([indent, y, 12], words(content, 1), pick(content, paints)) +
        text([indent + 70, y, 12], words(content, between(content, 1, 4)), pick(content, paints))
      );
    })
  );
}
