import "./duplicates.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { StoredImage } from "../api/shapes.ts";
import { DeleteDialog } from "../gallery/delete-dialog.tsx";
import { announce } from "../page/announcer.tsx";
import { counted } from "../page/figures.ts";
import { BackIcon } from "../page/icons.tsx";
import { ProblemNote } from "../page/problem-note.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";
import type { Found } from "./duplicates.ts";
import { GroupCard } from "./group-card.tsx";

interface DuplicatesViewProps {
  readonly onOpen: (image: StoredImage) => void;
}

/** What is to be deleted, and which picture stays of its group. */
interface Deletion {
  readonly images: readonly StoredImage[];
  readonly kept: StoredImage;
}

/** One's own pictures in groups of copies, to keep one of each. */
export function DuplicatesView({ onOpen }: DuplicatesViewProps): JSX.Element {
  const { duplicates } = useWorkspace();
  const heading = useRef<HTMLHeadingElement>(null);
  const deleting = useSignal<Deletion | undefined>(undefined);
  const { groups, next, status } = duplicates.found.value;
  const headline = headlineOf(duplicates.found.value);
  useEffect(() => {
    void duplicates.lookAnew();
    return () => duplicates.stop();
  }, [duplicates]);
  useEffect(() => {
    if (status.kind !== "ready") return;
    announce(headline);
    heading.current?.focus();
    // Not when the headline changes: a deletion says what it did itself.
  }, [status.kind]);
  return (
    <section class="duplicates" aria-labelledby="duplicates-title" aria-busy={isBusy(status)}>
      <button type="button" class="button-link back" onClick={() => go({ kind: "home" })}>
        <BackIcon /> Your pictures
      </button>
      <div class="duplicates-head">
        <h2 id="duplicates-title" ref={heading} tabIndex={-1}>
          {headline}
        </h2>
        <Remark found={duplicates.found.value} />
      </div>
      <ol class="groups">
        {groups.map((group) => (
          <GroupCard
            key={group.head.id}
            group={group}
            onOpen={onOpen}
            onDelete={(images, kept) => {
              deleting.value = { images, kept };
            }}
          />
        ))}
      </ol>
      {(next !== undefined || status.kind === "failed") && !isBusy(status) && (
        <button type="button" class="button-quiet more" onClick={() => void duplicates.fetchMore()}>
          {status.kind === "failed" ? "Try again" : "Show more"}
        </button>
      )}
      {deleting.value !== undefined && (
        <DeleteDialog
          {...deleting.value}
          onClose={(deleted) => {
            deleting.value = undefined;
            // The button that had the focus went with its picture.
            if (deleted) heading.current?.focus();
          }}
        />
      )}
    </section>
  );
}

function isBusy({ kind }: Found["status"]): boolean {
  return kind === "loading" || kind === "comparing";
}

function headlineOf({ groups, next, status }: Found): string {
  switch (status.kind) {
    case "loading":
      return "Looking for copies among your pictures…";
    case "comparing":
      return `Comparing your pictures… ${counted(status.left, "picture")} to go`;
    case "failed":
      return "Your pictures could not be compared.";
    case "ready":
      if (groups.length === 0) return next === undefined ? "No copies among your pictures" : "These groups are done";
      return `${counted(groups.length, "group")} of copies among your pictures${next === undefined ? "" : ", and more"}`;
    default:
      return status satisfies never;
  }
}

function Remark({ found: { groups, next, status } }: { readonly found: Found }): JSX.Element | null {
  if (status.kind === "failed") return <ProblemNote>{status.problem.detail}</ProblemNote>;
  if (status.kind === "loading") return <progress class="results-progress" aria-label="Looking for copies" />;
  if (status.kind === "comparing") {
    const { left, of } = status;
    return <progress class="results-progress" max={of} value={of - left} aria-label="Comparing your pictures" />;
  }
  if (groups.length === 0 && next !== undefined) return null;
  return (
    <p class="duplicates-about">
      {groups.length === 0
        ? "Every picture of yours looks different from the others."
        : "In each group the pictures look the same. The one with the most pixels is suggested to stay; you decide."}
    </p>
  );
}
