import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { StoredImage } from "../api/shapes.ts";
import { announce } from "../page/announcer.tsx";
import { counted } from "../page/figures.ts";
import { Modal } from "../page/modal.tsx";
import { ProblemNote } from "../page/problem-note.tsx";
import { useWorkspace } from "../page/workspace.ts";

interface DeleteDialogProps {
  readonly images: readonly StoredImage[];
  /** The copy of them that stays, if there is one. */
  readonly kept?: StoredImage | undefined;
  /** `deleted`: at least one of them. */
  readonly onClose: (deleted: boolean) => void;
}

/** Asks before pictures are deleted, and says that there is no way back. */
export function DeleteDialog({ images, kept, onClose }: DeleteDialogProps): JSX.Element {
  const { deletePicture } = useWorkspace();
  const deleted = useSignal(0);
  const busy = useSignal(false);
  const detail = useSignal<string | undefined>(undefined);
  const remove = async (close: () => void): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    for (const { id } of images.slice(deleted.value)) {
      const problem = await deletePicture(id);
      detail.value = problem?.detail;
      if (problem !== undefined) break;
      deleted.value++;
    }
    busy.value = false;
    if (deleted.value < images.length) return;
    announce(`${nameOf(images)} ${images.length === 1 ? "is" : "are"} deleted.`);
    close();
  };
  return (
    <Modal
      title={images.length === 1 ? "Delete this picture?" : `Delete ${nameOf(images)}?`}
      class="modal-narrow"
      onClose={() => onClose(deleted.value > 0)}
    >
      {(close) => (
        <>
          <Consequence images={images} kept={kept} />
          {busy.value && images.length > 1 && (
            <progress class="results-progress" max={images.length} value={deleted.value} aria-label="Deleting" />
          )}
          {detail.value !== undefined && <ProblemNote>{detail.value}</ProblemNote>}
          <div class="modal-buttons">
            <button type="button" class="button-quiet" onClick={close}>
              {images.length === 1 ? "Keep it" : "Keep them"}
            </button>
            <button
              type="button"
              class="button button-danger"
              aria-disabled={busy.value}
              onClick={() => void remove(close)}
            >
              Delete for good
            </button>
          </div>
        </>
      )}
    </Modal>
  );
}

function Consequence({ images, kept }: Pick<DeleteDialogProps, "images" | "kept">): JSX.Element {
  const [only] = images;
  return (
    <>
      {images.length === 1 && only ? (
        <p>
          <strong class="name">{only.file}</strong> is removed from this server for good and can no longer be found.
          This cannot be undone.
        </p>
      ) : (
        <>
          <p>They are removed from this server for good and can no longer be found. This cannot be undone.</p>
          <ul class="names">
            {images.map(({ id, file }) => (
              <li key={id}>{file}</li>
            ))}
          </ul>
        </>
      )}
      {kept !== undefined && (
        <p>
          <strong class="name">{kept.file}</strong> stays.
        </p>
      )}
    </>
  );
}

function nameOf(images: readonly StoredImage[]): string {
  const [only] = images;
  return images.length === 1 && only ? only.file : counted(images.length, "picture");
}
