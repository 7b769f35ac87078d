import type { JSX } from "preact";
import type { StoredImage } from "../api/shapes.ts";
import { BinIcon, CopiesIcon, LockIcon } from "../page/icons.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";
import { StoredPicture } from "../pictures/stored-picture.tsx";

interface GalleryTileProps {
  readonly image: StoredImage;
  readonly onOpen: (image: StoredImage) => void;
  readonly onDelete: () => void;
}

/** One picture of the gallery, with what can be done with it. */
export function GalleryTile({ image, onOpen, onDelete }: GalleryTileProps): JSX.Element {
  const { search } = useWorkspace();
  const findCopies = (): void => {
    void search.findStored(image);
    go({ kind: "copies", imageId: image.id });
  };
  return (
    <li class="tile">
      <button type="button" class="tile-open" aria-label={`Show ${image.file}`} onClick={() => onOpen(image)}>
        <StoredPicture url={image.thumbnailUrl} alt="" width={image.width} height={image.height} />
      </button>
      <div class="tile-foot">
        <span class="tile-name" title={image.file}>
          {image.file}
        </span>
        {image.visibility === "private" && (
          <span class="tile-private" title="Only you can see and find it">
            <LockIcon />
            <span class="visually-hidden">private</span>
          </span>
        )}
        <button
          type="button"
          class="button-icon"
          title="Find copies"
          aria-label={`Find copies of ${image.file}`}
          onClick={findCopies}
        >
          <CopiesIcon />
        </button>
        <button type="button" class="button-icon" title="Delete" aria-label={`Delete ${image.file}`} onClick={onDelete}>
          <BinIcon />
        </button>
      </div>
    </li>
  );
}
