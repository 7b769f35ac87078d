import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { StoredPicture } from "../pictures/stored-picture.tsx";
import type { Query } from "./search.ts";

/** The picture that copies are looked for: from the person's own disk, or from the server if it is kept there. */
export function QueryPicture({ query }: { readonly query: Query }): JSX.Element {
  const undrawable = useSignal(false);
  if (query.kind === "stored") {
    const { thumbnailUrl, file, width, height } = query.image;
    return <StoredPicture url={thumbnailUrl} alt={file} width={width} height={height} />;
  }
  return (
    <span class="picture" data-state="here">
      {undrawable.value ? (
        <span class="picture-missing">No preview</span>
      ) : (
        <img
          src={query.previewUrl}
          alt={query.file.name}
          decoding="async"
          draggable={false}
          onError={() => {
            undrawable.value = true;
          }}
        />
      )}
    </span>
  );
}
