import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type Size, sharedParts } from "../alignment/alignment.ts";
import { AlignmentDialog } from "../alignment/alignment-dialog.tsx";
import { Outlined } from "../alignment/outlined.tsx";
import type { Match, StoredImage } from "../api/shapes.ts";
import { sized } from "../page/figures.ts";
import { useWorkspace } from "../page/workspace.ts";
import { StoredPicture } from "../pictures/stored-picture.tsx";
import { changesInWords, verdictInWords } from "./in-words.ts";
import { QueryPicture } from "./query-picture.tsx";
import type { Query } from "./search.ts";

interface MatchCardProps {
  readonly match: Match;
  readonly query: Query;
  /** `undefined` where only a fingerprint was sent. */
  readonly querySize: Size | undefined;
  readonly onOpen: (image: StoredImage) => void;
}

/** One match: the two pictures side by side, and in words how they are alike. */
export function MatchCard({ match, query, querySize, onOpen }: MatchCardProps): JSX.Element {
  const isTurnedBack = useSignal(false);
  const isAligned = useSignal(false);
  const { image, orientation } = match;
  return (
    <li class="match" data-verdict={match.verdict}>
      <Pair {...{ match, query, querySize, onOpen }} turn={isTurnedBack.value ? orientation : "identity"} />
      <div class="match-about">
        <h3>{[verdictInWords(match.verdict), ...changesInWords(match)].join(", ")}</h3>
        <p class="match-name">{image.file}</p>
        <p class="match-facts">{`${image.width} × ${image.height}, ${image.format.toUpperCase()}, ${sized(image.bytes)}`}</p>
        <Score match={match} />
        <div class="match-buttons">
          {orientation !== "identity" && (
            <button
              type="button"
              class="button-quiet"
              aria-pressed={isTurnedBack.value}
              onClick={() => {
                isTurnedBack.value = !isTurnedBack.value;
              }}
            >
              Show both the same way round
            </button>
          )}
          {querySize !== undefined && match.verdict !== "exact" && (
            <button
              type="button"
              class="button-quiet"
              aria-label={`Compare closely with ${image.file}`}
              onClick={() => {
                isAligned.value = true;
              }}
            >
              Compare closely
            </button>
          )}
        </div>
      </div>
      {isAligned.value && querySize !== undefined && (
        <AlignmentDialog
          {...{ match, query, querySize }}
          onClose={() => {
            isAligned.value = false;
          }}
        />
      )}
    </li>
  );
}

/** The query and the picture kept here; where they share only a part, it is outlined in both. */
function Pair({
  match,
  query,
  querySize,
  onOpen,
  turn,
}: MatchCardProps & { readonly turn: Match["orientation"] }): JSX.Element {
  const { user } = useWorkspace();
  const { image } = match;
  const parts = querySize && sharedParts(match, querySize);
  return (
    <div class="pair">
      <figure>
        <Outlined size={querySize} part={parts?.ofQuery}>
          <QueryPicture query={query} />
        </Outlined>
        <figcaption>{query.kind === "file" ? "Your picture" : "This picture"}</figcaption>
      </figure>
      <figure>
        <button type="button" class="pair-open" aria-label={`Show ${image.file}`} onClick={() => onOpen(image)}>
          <span class="turn" data-turn={turn}>
            <Outlined size={image} part={parts?.ofStored}>
              <StoredPicture url={image.thumbnailUrl} alt={image.file} width={image.width} height={image.height} />
            </Outlined>
          </span>
        </button>
        <figcaption>{image.owner.id === user.id ? "Kept here, yours" : "Kept here, somebody else’s"}</figcaption>
      </figure>
    </div>
  );
}

function Score({ match }: { readonly match: Match }): JSX.Element {
  const score = Math.round(match.score);
  return (
    <p class="score">
      <svg class="score-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="score-ground" width="100" height="4" />
        <rect class="score-value" width={score} height="4" />
      </svg>
      <span>
        <strong>{score}</strong> of 100
      </span>
      <span class="score-bits">{evidenceInWords(match)}</span>
    </p>
  );
}

/** What the verdict rests on. */
function evidenceInWords({ verdict, inliers, distance, distanceMax }: Match): string {
  if (verdict === "partial" && inliers !== undefined) return `${inliers} places agree`;
  return `${distance} of ${distanceMax} bits differ`;
}
