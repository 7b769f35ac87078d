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
      <p class="zone-claim">
        Also those that were cropped, mirrored, turned, recoloured, framed, lettered, or pasted into another picture.
      </p>
      <SendSwitch />
    </DropZone>
  );
}

/** Chooses whether the picture itself leaves this device, or only its fingerprint. */
function SendSwitch(): JSX.Element {
  const { sends } = useWorkspace().search;
  return (
    <label class="switch">
      <input
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox says itself whether it is checked; ARIA in HTML forbids to say it twice
        role="switch"
        checked={sends.value === "fingerprint"}
        onChange={({ currentTarget }) => {
          sends.value = currentTarget.checked ? "fingerprint" : "picture";
        }}
      />
      <span>Search without sending the picture</span>
    </label>
  );
}
