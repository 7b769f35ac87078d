import type { Match, SearchResult } from "../api/shapes.ts";
import { counted } from "../page/figures.ts";

/** What was done to the stored picture to get the query, as a person would say it; nothing for nothing. */
export function changesInWords({
  verdict,
  orientation,
  inverted,
  description = "",
}: Pick<Match, "verdict" | "orientation" | "inverted" | "description">): string[] {
  // Of a part the server knows more than which of the eight orientations is nearest.
  if (verdict === "partial") return description === "" ? [] : [description.replaceAll(/-(?=\d)/g, "−")];
  const turned = orientationInWords(orientation);
  return [...(turned === undefined ? [] : [turned]), ...(inverted ? ["as a negative"] : [])];
}

function orientationInWords(orientation: Match["orientation"]): string | undefined {
  switch (orientation) {
    case "identity":
      return undefined;
    case "rotate-90":
      return "turned a quarter clockwise";
    case "rotate-180":
      return "turned upside down";
    case "rotate-270":
      return "turned a quarter anticlockwise";
    case "flip-horizontal":
      return "mirrored";
    case "flip-vertical":
      return "mirrored top to bottom";
    // A mirror on a diagonal is seen as a mirror and a turn.
    case "transpose":
      return "mirrored and turned a quarter anticlockwise";
    case "transverse":
      return "mirrored and turned a quarter clockwise";
    default:
      return orientation satisfies never;
  }
}

/** What kind of match it is, in a word or two. */
export function verdictInWords(verdict: Match["verdict"]): string {
  switch (verdict) {
    case "exact":
      return "The same file";
    case "copy":
      return "A copy";
    case "partial":
      return "Shares a part";
    default:
      return verdict satisfies never;
  }
}

/** What a search found, in one true sentence. */
export function summaryInWords({ query, index, matches, truncated }: SearchResult): string {
  const among = `among ${counted(index.images, "picture")}`;
  const noun = query.searchable === "exact-only" ? "identical file" : matches.every(isWhole) ? "copy" : "match";
  if (truncated) return `The best ${counted(matches.length, noun)} found ${among}. There are more.`;
  if (matches.length > 0) return `${counted(matches.length, noun)} found ${among}.`;
  if (index.images === 0) return "There are no pictures to search yet.";
  return query.searchable === "exact-only" ? `No identical file found ${among}.` : `No copy found ${among}.`;
}

function isWhole({ verdict }: Match): boolean {
  return verdict !== "partial";
}
