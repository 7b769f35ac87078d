import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
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
  readonly onOpen: (image: StoredImage) => void;
}

/** One match: the two pictures side by side, and in words how they are alike. */
export function MatchCard({ match, query, onOpen }: MatchCardProps): JSX.Element {
  const { user } = useWorkspace();
  const alike = useSignal(false);
  const { image, orientation } = match;
  const isTurned = orientation !== "identity";
  return (
    <li class="match" data-verdict={match.verdict}>
      <div class="pair">
        <figure>
          <QueryPicture query={query} />
          <figcaption>{query.kind === "file" ? "Your picture" : "This picture"}</figcaption>
        </figure>
        <figure>
          <button type="button" class="pair-open" aria-label={`Show ${image.file}`} onClick={() => onOpen(image)}>
            <span class="turn" data-turn={alike.value ? orientation : "identity"}>
              <StoredPicture url={image.thumbnailUrl} alt={image.file} width={image.width} height={image.height} />
            </span>
          </button>
          <figcaption>{image.owner.id === user.id ? "Kept here, yours" : "Kept here, somebody else’s"}</figcaption>
        </figure>
      </div>
      <div class="match-about">
        <h3>{[verdictInWords(match.verdict), ...changesInWords(match)].join(", ")}</h3>
        <p class="match-name">{image.file}</p>
        <p class="match-facts">{`${image.width} × ${image.height}, ${image.format.toUpperCase()}, ${sized(image.bytes)}`}</p>
        <Score match={match} />
        {isTurned && (
          <button
            type="button"
            class="button-quiet"
            aria-pressed={alike.value}
            onClick={() => {
              alike.value = !alike.value;
            }}
          >
            Show both the same way round
          </button>
        )}
      </div>
    </li>
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
      <span class="score-bits">{`${match.distance} of ${match.distanceMax} bits differ`}</span>
    </p>
  );
}
