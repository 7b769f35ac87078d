import "./search.css";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { DropZone } from "../page/drop-zone.tsx";
import { go } from "../page/route.ts";
import { useWorkspace } from "../page/workspace.ts";

/** The search field: takes a picture by drop, paste or file. */
export function SearchPanel(): JSX.Element {
  const { search } = useWorkspace();
  const find = ([file]: readonly File[]): void => {
    if (file === undefined) return;
    void search.findFile(file);
    go({ kind: "search" });
  };

  useEffect(() => {
    const paste = (event: ClipboardEvent): void => find([...(event.clipboardData?.files ?? [])]);
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  });

  return (
    <DropZone
      class="zone-search"
      button="Choose a picture"
      hint="or drop or paste one here"
      multiple={false}
      onFiles={find}
    >
      <h1>Find copies of a picture</h1>
      <p>Also those that were mirrored, turned, recompressed, resized or recoloured.</p>
    </DropZone>
  );
}
