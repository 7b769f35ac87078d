import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { StoredImage } from "../api/shapes.ts";
import { announce } from "../page/announcer.tsx";
import { Modal } from "../page/modal.tsx";
import { ProblemNote } from "../page/problem-note.tsx";
import { useWorkspace } from "../page/workspace.ts";

interface DeleteDialogProps {
  readonly image: StoredImage;
  readonly onClose: (deleted: boolean) => void;
}

/** Asks before a picture is deleted, and says that there is no way back. */
export function DeleteDialog({ image, onClose }: DeleteDialogProps): JSX.Element {
  const { gallery, search } = useWorkspace();
  const deleted = useSignal(false);
  const busy = useSignal(false);
  const detail = useSignal<string | undefined>(undefined);
  const remove = async (close: () => void): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    const problem = await gallery.delete(image.id);
    busy.value = false;
    detail.value = problem?.detail;
    if (problem !== undefined) return;
    search.forget(image.id);
    announce(`${image.file} is deleted.`);
    deleted.value = true;
    close();
  };
  return (
    <Modal title="Delete this picture?" class="modal-narrow" onClose={() => onClose(deleted.value)}>
      {(close) => (
        <>
          <p>
            <strong class="name">{image.file}</strong> is removed from this server for good and can no longer be found.
            This cannot be undone.
          </p>
          {detail.value !== undefined && <ProblemNote>{detail.value}</ProblemNote>}
          <div class="modal-buttons">
            <button type="button" class="button-quiet" onClick={close}>
              Keep it
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
