import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Match } from "../api/shapes.ts";
import { Modal } from "../page/modal.tsx";
import { changesInWords, verdictInWords } from "../search/in-words.ts";
import type { Query } from "../search/search.ts";
import { AlignedPictures, type Comparison } from "./aligned-pictures.tsx";
import { alignmentOf, type Size } from "./alignment.ts";

interface AlignmentDialogProps {
  readonly match: Match;
  readonly query: Query;
  readonly querySize: Size;
  readonly onClose: () => void;
}

const comparisons: readonly { readonly comparison: Comparison; readonly name: string }[] = [
  { comparison: "slider", name: "One over the other" },
  { comparison: "difference", name: "What differs" },
];

/** Two pictures of a match, one laid on the other. */
export function AlignmentDialog({ match, query, querySize, onClose }: AlignmentDialogProps): JSX.Element {
  const comparison = useSignal<Comparison>("slider");
  return (
    <Modal
      title={[verdictInWords(match.verdict), ...changesInWords(match)].join(", ")}
      class="modal-wide"
      onClose={onClose}
    >
      {(close) => (
        <>
          <fieldset class="choices" aria-label="How to compare">
            {comparisons.map((choice) => (
              <button
                key={choice.comparison}
                type="button"
                class="button-quiet"
                aria-pressed={comparison.value === choice.comparison}
                onClick={() => {
                  comparison.value = choice.comparison;
                }}
              >
                {choice.name}
              </button>
            ))}
          </fieldset>
          <AlignedPictures
            query={query}
            querySize={querySize}
            image={match.image}
            alignment={alignmentOf(match, querySize)}
            comparison={comparison.value}
          />
          {comparison.value === "difference" && <p class="aligned-hint">Black is where the two are the same.</p>}
          <div class="modal-buttons">
            <button type="button" class="button" onClick={close}>
              Close
            </button>
          </div>
        </>
      )}
    </Modal>
  );
}
