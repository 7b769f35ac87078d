import "./gallery.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { StoredImage } from "../api/shapes.ts";
import { CopiesIcon } from "../page/icons.tsx";
import { ProblemNote } from "../page/problem-note.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { GalleryTile } from "./gallery-tile.tsx";

interface GalleryViewProps {
  readonly onOpen: (image: StoredImage) => void;
}

/** One's own pictures, newest first. */
export function GalleryView({ onOpen }: GalleryViewProps): JSX.Element {
  const { gallery } = useWorkspace();
  const heading = useRef<HTMLHeadingElement>(null);
  const deleting = useSignal<StoredImage | undefined>(undefined);
  const { images, next, status } = gallery.shelf.value;
  return (
    <section class="gallery" aria-labelledby="gallery-title" aria-busy={status.kind === "loading"}>
      <div class="gallery-head">
        <h2 id="gallery-title" ref={heading} tabIndex={-1}>
          Your pictures
        </h2>
        {images.length > 1 && (
          <button type="button" class="button-quiet" onClick={() => go({ kind: "duplicates" })}>
            <CopiesIcon /> Find duplicates
          </button>
        )}
      </div>
      {images.length === 0 && status.kind === "ready" && (
        <p class="empty">You have no pictures here yet. Add some above: from then on their copies can be found.</p>
      )}
      <ul class="tiles">
        {images.map((image) => (
          <GalleryTile
            key={image.id}
            image={image}
            onOpen={onOpen}
            onDelete={() => {
              deleting.value = image;
            }}
          />
        ))}
      </ul>
      {status.kind === "failed" && <ProblemNote>{status.problem.detail}</ProblemNote>}
      {(next !== undefined || status.kind === "failed") && (
        <button type="button" class="button-quiet more" onClick={() => void gallery.fetchMore()}>
          {status.kind === "failed" ? "Try again" : "Show more"}
        </button>
      )}
      {deleting.value !== undefined && (
        <DeleteDialog
          images={[deleting.value]}
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
