import "./session.css";
import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { User } from "../api/shapes.ts";
import { CredentialsForm } from "./credentials-form.tsx";
import type { Session } from "./session.ts";

interface ExpiredDialogProps {
  readonly session: Session;
  readonly user: User;
}

/** Asks for the password again over the page as it stands; what was under way goes on afterwards. */
export function ExpiredDialog({ session, user }: ExpiredDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const show = (): void => dialog.current?.showModal();
  useLayoutEffect(show, []);
  return (
    // Closing it would leave a page that can do nothing: it opens again until one of its two ways is taken.
    <dialog ref={dialog} class="modal modal-narrow" aria-labelledby={titleId} onClose={show}>
      <div class="modal-body">
        <h2 id={titleId}>Log in again</h2>
        <p>
          Your login has ended. Nothing on this page is lost: enter the password of <strong>{user.email}</strong> to go
          on.
        </p>
        <CredentialsForm
          button="Go on"
          passwordKind="current"
          email={user.email}
          onSubmit={(credentials) => session.logIn(credentials)}
        />
        <button type="button" class="button-link" onClick={() => void session.logOut()}>
          Log out instead
        </button>
      </div>
    </dialog>
  );
}
