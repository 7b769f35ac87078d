/** What can be wrong with a library. */
export type FindingKind =
  | "image-undescribed"
  | "original-missing"
  | "original-damaged"
  | "original-undecodable"
  | "thumbnail-missing"
  | "thumbnail-damaged"
  | "generations-stale"
  | "fingerprints-stale"
  | "not-found-by-search"
  | "features-missing"
  | "features-stale"
  | "not-found-by-parts"
  | "index-differs"
  | "object-unexplained";

/** One thing that is wrong, in a sentence. */
export interface Finding {
  readonly kind: FindingKind;
  readonly imageId?: string;
  readonly key?: string;
  readonly detail: string;
  /** Whether it is right again. */
  readonly mended: boolean;
}

/** How to examine. */
export interface ExamineOptions {
  readonly repair: boolean;
  readonly signal: AbortSignal;
}
