import type { JSX } from "preact";
import { DoneIcon, RefusedIcon, SameIcon } from "../page/icons.tsx";
import { useWorkspace } from "../page/workspace.ts";
import { stateInWords, tallyInWords } from "./in-words.ts";
import type { Upload, UploadState } from "./uploads.ts";

/** The files on their way and what became of them; nothing while there are none. */
export function UploadList(): JSX.Element | null {
  const { uploads } = useWorkspace();
  const list = uploads.list.value;
  if (list.length === 0) return null;
  return (
    <section class="uploads" aria-label="Pictures being added">
      <UploadHead />
      <ul class="uploads-list">
        {list.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

/** Redrawn with each step of each file, which the list below it is not. */
function UploadHead(): JSX.Element {
  const { uploads } = useWorkspace();
  const tally = uploads.tally.value;
  const [name, act] =
    tally.open > 0 ? (["Stop", () => uploads.cancel()] as const) : (["Hide", () => uploads.clear()] as const);
  return (
    <header class="uploads-head">
      <p>{tallyInWords(tally)}</p>
      <button type="button" class="button-quiet" onClick={act}>
        {name}
      </button>
    </header>
  );
}

function UploadRow({ upload }: { readonly upload: Upload }): JSX.Element {
  const state = upload.state.value;
  const name = upload.file.name;
  return (
    <li class="upload" data-state={state.kind}>
      <span class="upload-sign">
        <Sign state={state} />
      </span>
      <span class="upload-name" title={name}>
        {name}
      </span>
      {state.kind === "sending" && (
        <progress class="upload-progress" max={1} value={state.share} aria-label={`Sending ${name}`} />
      )}
      {state.kind === "checking" && <progress class="upload-progress" aria-label={`Looking at ${name}`} />}
      <span class="upload-state">{stateInWords(state)}</span>
    </li>
  );
}

function Sign({ state }: { readonly state: UploadState }): JSX.Element | null {
  switch (state.kind) {
    case "created":
      return <DoneIcon />;
    case "duplicate":
      return <SameIcon />;
    case "rejected":
      return <RefusedIcon />;
    default:
      return null;
  }
}
