import type { Format } from "../ports.ts";

/** The media type of each format (IANA). */
export const mediaTypes: Readonly<Record<Format, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
};
