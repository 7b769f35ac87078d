import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { type Problem, problemOf } from "../api/problem.ts";
import type { Credentials } from "../api/shapes.ts";
import { ProblemNote } from "../page/problem-note.tsx";
import { TextField } from "./text-field.tsx";

interface CredentialsFormProps {
  readonly button: string;
  readonly passwordKind: "new" | "current";
  /** Given, the address is fixed and only the password is asked for. */
  readonly email?: string;
  /** Brings what stood in the way, if anything did. */
  readonly onSubmit: (credentials: Credentials) => Promise<Problem | undefined>;
}

/** E-mail address and password, with what the server said of each. */
export function CredentialsForm({ button, passwordKind, email, onSubmit }: CredentialsFormProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const problem = useSignal<Problem | undefined>(undefined);
  const busy = useSignal(false);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.current === null || busy.value) return;
    const data = new FormData(form.current);
    const credentials = { email: email ?? String(data.get("email")).trim(), password: String(data.get("password")) };
    busy.value = true;
    problem.value = await onSubmit(credentials);
    busy.value = false;
    // After the next drawing, the field that has to be mended is marked.
    requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>("[aria-invalid='true'], [name='password']")?.focus(),
    );
  };

  const aboutEmail = problemOf({ name: "email", label: "The e-mail address" }, problem.value);
  const aboutPassword = problemOf({ name: "password", label: "The password" }, problem.value);
  const general = aboutEmail === undefined && aboutPassword === undefined ? problem.value?.detail : undefined;
  return (
    <form ref={form} class="form" noValidate onSubmit={(event) => void submit(event)}>
      {general !== undefined && <ProblemNote>{general}</ProblemNote>}
      {email === undefined && (
        <TextField name="email" label="E-mail address" type="email" autocomplete="username" problem={aboutEmail} />
      )}
      <TextField
        name="password"
        label="Password"
        type="password"
        autocomplete={passwordKind === "new" ? "new-password" : "current-password"}
        problem={aboutPassword}
        {...(passwordKind === "new" ? { hint: "8 characters or more. A few words make a good one." } : {})}
      />
      <button type="submit" class="button" aria-disabled={busy.value}>
        {busy.value ? "One moment…" : button}
      </button>
    </form>
  );
}
