import type { JSX } from "preact";
import { useId } from "preact/hooks";

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly type: "email" | "password";
  readonly autocomplete: "username" | "current-password" | "new-password";
  readonly hint?: string;
  readonly problem: string | undefined;
}

/** A labelled field with what is expected of it, or what is wrong with it, right below. */
export function TextField({ name, label, type, autocomplete, hint, problem }: TextFieldProps): JSX.Element {
  const id = useId();
  const below = problem ?? hint;
  const attributes = {
    id,
    name,
    autocomplete,
    autocapitalize: "none",
    spellcheck: false,
    "aria-invalid": problem !== undefined,
    "aria-describedby": below === undefined ? undefined : `${id}-below`,
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "email" ? <input type="email" {...attributes} /> : <input type="password" {...attributes} />}
      {below !== undefined && (
        <p id={`${id}-below`} class={problem === undefined ? "field-hint" : "field-problem"}>
          {below}
        </p>
      )}
    </div>
  );
}
