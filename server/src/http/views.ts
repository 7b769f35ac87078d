import { toHex } from "@utsuru/core/fingerprint";
import { distanceMax } from "@utsuru/core/score";
import type { Static } from "typebox";
import { pdqOf } from "../images/pdq-of.ts";
import type { JobWithResults } from "../jobs/find-job.ts";
import type { Image, Job, User } from "../ports.ts";
import type { Comparison } from "../search/compare.ts";
import type { DuplicatesPage as FoundDuplicates } from "../search/find-duplicates.ts";
import type { Evidence } from "../search/match.ts";
import { isTelling } from "../search/probe.ts";
import type { Query } from "../search/query.ts";
import type { SearchResult } from "../search/search.ts";
import { storedProblem } from "./problems.ts";
import type * as schemas from "./schemas.ts";

type ImageView = Static<typeof schemas.Image>;
type MatchView = Static<typeof schemas.Match>;
type JobView = Static<typeof schemas.Job>;
type JobSummaryView = Static<typeof schemas.JobPage>["items"][number];
type SearchView = Static<typeof schemas.SearchAnswer>;

/** A user as the API shows one. */
export function userView(user: User): { id: string; email: string; createdAt: string } {
  return { id: user.id, email: user.email, createdAt: user.createdAt.toISOString() };
}

/** An image as the API shows one. */
export function imageView(image: Image): ImageView {
  const { id, visibility, file, format, width, height, bytes, sha256 } = image;
  const url = `/api/images/${id}`;
  return {
    id,
    owner: { id: image.owner.id },
    visibility,
    file,
    format,
    width,
    height,
    bytes,
    sha256,
    createdAt: image.createdAt.toISOString(),
    fingerprint: fingerprintView(pdqOf(image)),
    url: `${url}/file`,
    thumbnailUrl: `${url}/thumbnail`,
  };
}

/** A job as a list shows one. */
export function jobSummaryView({ id, kind, state, progress, createdAt, finishedAt }: Job): JobSummaryView {
  return {
    ...{ id, kind, state, progress },
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** A job and what came of it so far. */
export function jobView(job: JobWithResults): JobView {
  return {
    ...jobSummaryView(job),
    results: job.results.map(({ file, outcome }) => {
      if (outcome.kind === "rejected") return { file, status: "rejected", problem: storedProblem(outcome.problem) };
      const image = job.images.get(outcome.imageId);
      return { file, status: outcome.kind, ...(image && { image: imageView(image) }) };
    }),
  };
}

/** A search's answer. */
export function searchView(result: SearchResult): SearchView {
  return {
    query: queryView(result.query),
    stages: result.stages,
    index: result.index,
    matches: result.matches.map(({ image, ...evidence }) => matchView(evidence, image)),
    truncated: result.truncated,
  };
}

/** A page of groups of copies. */
export function duplicatesView({ items, next, pending }: FoundDuplicates): Static<typeof schemas.DuplicatesPage> {
  return {
    items: items.map(({ head, members, truncated, bestId }) => ({
      head: imageView(head),
      members: members.map(({ image, ...evidence }) => matchView(evidence, image)),
      truncated,
      best: bestId,
    })),
    next: next ?? null,
    pending,
  };
}

/** A comparison's answer; `b` stands for the stored image. */
export function compareView(comparison: Comparison, a: Query, b: Query): Static<typeof schemas.CompareAnswer> {
  const { distance, orientation, inverted, evidence } = comparison;
  const match = evidence ? matchView(evidence, b.image) : null;
  return { match, distance, distanceMax, orientation, inverted, a: queryView(a), b: queryView(b) };
}

function matchView({ alignment, ...evidence }: Evidence, image: Image | undefined): MatchView {
  const { verdict, score, distance, orientation, inverted } = evidence;
  const whole: MatchView = {
    image: image ? imageView(image) : null,
    verdict,
    score,
    distance,
    distanceMax,
    orientation,
    inverted,
  };
  return alignment ? { ...whole, ...alignment, transform: [...alignment.transform] } : whole;
}

function queryView(query: Query): SearchView["query"] {
  const { picture } = query;
  const view = {
    width: picture?.width ?? null,
    height: picture?.height ?? null,
    sha256: picture?.sha256 ?? null,
    fingerprint: fingerprintView(query.fingerprint),
  };
  if (isTelling(query)) return { ...view, searchable: "yes" };
  const reason = `The picture has too little detail for its fingerprint to mean anything (quality ${query.fingerprint.quality}, at least 50 is needed): only files with the same bytes are found.`;
  return { ...view, searchable: "exact-only", reason };
}

function fingerprintView({ algorithm, code, quality }: Query["fingerprint"]): ImageView["fingerprint"] {
  return { algorithm, hex: toHex(code), quality };
}
