import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Size } from "../alignment/alignment.ts";
import type { SearchResult, StoredImage } from "../api/shapes.ts";
import { announce } from "../page/announcer.tsx";
import { BackIcon } from "../page/icons.tsx";
import { ProblemNote } from "../page/problem-note.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";
import { summaryInWords } from "./in-words.ts";
import { MatchCard } from "./match-card.tsx";
import { QueryPicture } from "./query-picture.tsx";
import type { Query, SearchState } from "./search.ts";

interface ResultsViewProps {
  readonly onOpen: (image: StoredImage) => void;
}

/** What a search found: the query, one true sentence, and the matches, best first. */
export function ResultsView({ onOpen }: ResultsViewProps): JSX.Element | null {
  const { search } = useWorkspace();
  const heading = useRef<HTMLHeadingElement>(null);
  const state = search.state.value;
  const headline = headlineOf(state);
  useEffect(() => {
    if (state.kind === "idle" || state.kind === "running") return;
    announce(headline);
    heading.current?.focus();
  }, [state.kind, headline]);
  if (state.kind === "idle") return null;
  // Each match shows the query beside it.
  const paired = state.kind === "found" && state.result.matches.length > 0;
  return (
    <section class="results" aria-labelledby="results-title" aria-busy={state.kind === "running"}>
      <button type="button" class="button-link back" onClick={() => go({ kind: "home" })}>
        <BackIcon /> Your pictures
      </button>
      <div class="results-head">
        {!paired && <QueryPicture key={nameOf(state.query)} query={state.query} />}
        <div class="results-about">
          <h2 id="results-title" ref={heading} tabIndex={-1}>
            {headline}
          </h2>
          <p class="results-query">{nameOf(state.query)}</p>
          {state.query.kind === "file" && state.query.sent === "fingerprint" && (
            <p class="results-sent">The picture itself was not sent, only its fingerprint of 256 bits.</p>
          )}
          <Remark state={state} />
        </div>
      </div>
      {state.kind === "found" && (
        <ol class="matches">
          {state.result.matches.map((match) => (
            <MatchCard
              key={match.image.id}
              match={match}
              query={state.query}
              querySize={sizeOf(state.result.query)}
              onOpen={onOpen}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

function headlineOf(state: SearchState): string {
  switch (state.kind) {
    case "idle":
      return "";
    case "running":
      return "Looking for copies…";
    case "found":
      return summaryInWords(state.result);
    case "failed":
      return "This picture could not be searched for.";
    default:
      return state satisfies never;
  }
}

function nameOf(query: Query): string {
  return query.kind === "file" ? query.file.name : query.image.file;
}

function sizeOf({ width, height }: SearchResult["query"]): Size | undefined {
  return width === null || height === null ? undefined : { width, height };
}

function Remark({ state }: { readonly state: SearchState }): JSX.Element | null {
  if (state.kind === "running") return <progress class="results-progress" aria-label="Looking for copies" />;
  if (state.kind === "failed") return <ProblemNote>{state.problem.detail}</ProblemNote>;
  if (state.kind !== "found" || state.result.query.searchable !== "exact-only") return null;
  return (
    <p class="note">
      This picture shows too little detail to be told apart from others by its looks. Only files that are the same byte
      for byte were looked for.
    </p>
  );
}
