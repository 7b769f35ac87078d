import type { ComponentChildren, JSX } from "preact";
import type { StoredImage } from "../api/shapes.ts";
import { dated, sized } from "../page/figures.ts";
import { CopiesIcon } from "../page/icons.tsx";
import { Modal } from "../page/modal.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";
import { StoredPicture } from "../pictures/stored-picture.tsx";

interface PictureDialogProps {
  readonly image: StoredImage;
  readonly onClose: () => void;
}

/** One picture in full, with what is known of it. */
export function PictureDialog({ image, onClose }: PictureDialogProps): JSX.Element {
  const { search } = useWorkspace();
  const findCopies = (close: () => void): void => {
    close();
    void search.findStored(image);
    go({ kind: "copies", imageId: image.id });
  };
  return (
    <Modal title={image.file} class="modal-wide" onClose={onClose}>
      {(close) => (
        <>
          <div class="full">
            <StoredPicture url={image.url} alt={image.file} width={image.width} height={image.height} />
          </div>
          <Facts image={image} />
          <div class="modal-buttons">
            <button type="button" class="button-quiet" onClick={() => findCopies(close)}>
              <CopiesIcon /> Find copies
            </button>
            <button type="button" class="button" onClick={close}>
              Close
            </button>
          </div>
        </>
      )}
    </Modal>
  );
}

function Facts({ image }: { readonly image: StoredImage }): JSX.Element {
  const { user } = useWorkspace();
  const { width, height, format, bytes, fingerprint } = image;
  const mine = image.owner.id === user.id;
  const seen = image.visibility === "private" ? "only you" : "everyone with an account";
  return (
    <dl class="facts">
      <Fact name="Picture">{`${width} × ${height}, ${format.toUpperCase()}, ${sized(bytes)}`}</Fact>
      <Fact name="Added">{`${dated(image.createdAt)}, by ${mine ? "you" : "somebody else"}`}</Fact>
      <Fact name="Seen by">{seen}</Fact>
      <Fact name="Fingerprint">
        <code>{fingerprint.hex}</code>{" "}
        {`(${fingerprint.algorithm.toUpperCase()}, quality ${fingerprint.quality} of 100)`}
      </Fact>
      <Fact name="SHA-256">
        <code>{image.sha256}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
