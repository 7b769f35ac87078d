import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { droppedFiles } from "./dropped-files.ts";

/** The formats that the server takes in. */
const accept = "image/jpeg,image/png,image/gif,image/webp,image/avif";

interface DropZoneProps {
  readonly class: string;
  readonly button: string;
  readonly hint: string;
  readonly multiple: boolean;
  readonly onFiles: (files: readonly File[]) => void;
  /** What stands above the button. */
  readonly children: ComponentChildren;
}

/** A field that takes pictures, dropped on it or chosen by a button. */
export function DropZone({ class: extra, button, hint, multiple, onFiles, children }: DropZoneProps): JSX.Element {
  const over = useSignal(false);
  const id = useId();
  const hand = (files: readonly File[]): void => {
    if (files.length > 0) onFiles(multiple ? files : files.slice(0, 1));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra for the mouse; the button does the same
    <div
      class={`zone ${extra}`}
      data-over={over.value || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)))
          over.value = false;
      }}
      onDrop={(event) => {
        over.value = false;
        if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(hand);
      }}
    >
      {children}
      <div class="zone-choose">
        <label class="button" for={id}>
          {button}
        </label>
        <input
          id={id}
          class="visually-hidden"
          type="file"
          accept={accept}
          multiple={multiple}
          onChange={({ currentTarget }) => {
            hand([...(currentTarget.files ?? [])]);
            // The same file chosen again is a change, too.
            currentTarget.value = "";
          }}
        />
        <span class="zone-hint">{hint}</span>
      </div>
    </div>
  );
}
