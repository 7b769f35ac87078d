/** Kinds of edits, as the issue names them, with the least share that is to be found; the rest is reported and promised nothing. */
export interface Kind {
  readonly name: string;
  readonly foundMin?: number;
  readonly has: (edit: string) => boolean;
}

/** In the order of the report; an edit is of the first kind that has it. */
export const kinds: readonly Kind[] = [
  { name: "mirrored", foundMin: 0.95, has: (edit) => edit.startsWith("flip-") },
  { name: "turned by quarters", foundMin: 0.95, has: (edit) => /^rot\d+$/.test(edit) },
  { name: "recompressed", foundMin: 0.95, has: (edit) => edit.startsWith("jpeg-") || edit.startsWith("fmt-") },
  { name: "resized", foundMin: 0.95, has: (edit) => edit.startsWith("resize-") || edit.startsWith("aspect-") },
  {
    name: "recoloured",
    foundMin: 0.95,
    has: (edit) => /^(gray|bright|contrast|sat|hue|gamma)/.test(edit),
  },
  { name: "inverted", has: (edit) => edit === "invert" },
  { name: "blurred, sharpened, noisy", has: (edit) => /^(blur|sharpen|noise)/.test(edit) },
  { name: "lettered and stamped", has: (edit) => /^(text|watermark|logo|emoji)/.test(edit) },
  { name: "framed", has: (edit) => /^(border|letterbox|meme)/.test(edit) },
  { name: "cropped", has: (edit) => edit.startsWith("crop-") },
  { name: "turned freely, in perspective", has: (edit) => edit.startsWith("rot±") || edit === "perspective" },
  { name: "in screenshots and collages", has: (edit) => /^(screenshot|browser|collage)/.test(edit) },
  { name: "several at once", has: (edit) => edit.startsWith("strong") },
];

/** The kind of an edit. Throws for one that no kind has. */
export function kindOf(edit: string): Kind {
  const kind = kinds.find(({ has }) => has(edit));
  if (!kind) throw new Error(`no kind has the edit ${edit}`);
  return kind;
}
