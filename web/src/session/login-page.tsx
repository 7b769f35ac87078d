import "./session.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Wordmark } from "../page/wordmark.tsx";
import { CredentialsForm } from "./credentials-form.tsx";
import type { Session } from "./session.ts";

interface LoginPageProps {
  readonly session: Session;
  readonly notice: string | undefined;
}

/** The way in: log in, or make an account. */
export function LoginPage({ session, notice }: LoginPageProps): JSX.Element {
  const purpose = useSignal<"log-in" | "register">("log-in");
  const registers = purpose.value === "register";
  return (
    <main class="login">
      <div class="login-welcome">
        <Wordmark reflection />
        <p class="login-claim">
          Keeps your pictures and finds their copies: mirrored, turned, recompressed or resized.
        </p>
      </div>
      <section class="login-card">
        <h1>{registers ? "Create an account" : "Log in"}</h1>
        {notice !== undefined && <p class="note">{notice}</p>}
        <CredentialsForm
          key={purpose.value}
          button={registers ? "Create account" : "Log in"}
          passwordKind={registers ? "new" : "current"}
          onSubmit={(credentials) => (registers ? session.register(credentials) : session.logIn(credentials))}
        />
        <p class="login-other">
          {registers ? "You have an account?" : "New here?"}{" "}
          <button
            type="button"
            class="button-link"
            onClick={() => {
              purpose.value = registers ? "log-in" : "register";
            }}
          >
            {registers ? "Log in" : "Create an account"}
          </button>
        </p>
      </section>
    </main>
  );
}
