import { counted } from "../page/figures.ts";
import type { Tally, UploadState } from "./uploads.ts";

/** How the files of an upload stand, in a sentence. */
export function tallyInWords({ total, open, created, duplicate, rejected, cancelled }: Tally): string {
  if (open > 0) return `${total - open} of ${counted(total, "picture")} done.`;
  const parts = [
    created > 0 ? `${counted(created, "picture")} added` : "",
    duplicate > 0 ? `${duplicate} already here` : "",
    rejected > 0 ? `${rejected} refused` : "",
    cancelled > 0 ? `${cancelled} called off` : "",
  ].filter((part) => part !== "");
  return `${parts.join(", ")}.`;
}

/** How one file stands, in a few words. */
export function stateInWords(state: UploadState): string {
  switch (state.kind) {
    case "waiting":
      return "waiting";
    case "sending":
      return `sending, ${Math.floor(state.share * 100)} %`;
    case "checking":
      return "being looked at";
    case "created":
      return "added";
    case "duplicate":
      return "already here";
    case "rejected":
      return state.detail;
    case "cancelled":
      return "called off";
    default:
      return state satisfies never;
  }
}
