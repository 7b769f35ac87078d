import "./uploads.css";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Visibility } from "../api/shapes.ts";
import { announce } from "../page/announcer.tsx";
import { DropZone } from "../page/drop-zone.tsx";
import { useWorkspace } from "../page/workspace.ts";
import { tallyInWords } from "./in-words.ts";

const choices: readonly { readonly visibility: Visibility; readonly label: string }[] = [
  { visibility: "public", label: "everyone with an account" },
  { visibility: "private", label: "only me" },
];

/** Where pictures are added, and who may see them is chosen. */
export function UploadPanel(): JSX.Element {
  const { uploads } = useWorkspace();
  const group = useId();
  const add = async (files: readonly File[]): Promise<void> => {
    await uploads.add(files);
    if (uploads.tally.value.open === 0) announce(tallyInWords(uploads.tally.value));
  };
  return (
    <DropZone
      class="zone-add"
      button="Choose pictures"
      hint="or drop them here, folders too"
      multiple
      onFiles={(files) => void add(files)}
    >
      <h2>Add pictures</h2>
      <fieldset class="visibility">
        <legend>They can be seen and found by</legend>
        {choices.map((choice) => (
          <label key={choice.visibility}>
            <input
              type="radio"
              name={group}
              checked={uploads.visibility.value === choice.visibility}
              onChange={() => {
                uploads.visibility.value = choice.visibility;
              }}
            />
            {choice.label}
          </label>
        ))}
      </fieldset>
    </DropZone>
  );
}
