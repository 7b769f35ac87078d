import type { JSX } from "preact";
import type { User } from "../api/shapes.ts";
import { Wordmark } from "./wordmark.tsx";

interface HeaderProps {
  readonly user: User;
  readonly onLogOut: () => void;
}

/** The strip at the top: whose page this is, and the way out. */
export function Header({ user, onLogOut }: HeaderProps): JSX.Element {
  return (
    <>
      <button type="button" class="skip" onClick={focusContent}>
        Skip to the content
      </button>
      <header class="header">
        <a class="brand" href="#/">
          <Wordmark />
          <span class="brand-name" aria-hidden="true">
            utsuru
          </span>
        </a>
        <span class="header-user">{user.email}</span>
        <button type="button" class="button-quiet" onClick={onLogOut}>
          Log out
        </button>
      </header>
    </>
  );
}

/** A link to `#content` would overwrite the route that stands after `#`. */
function focusContent(): void {
  document.querySelector<HTMLElement>("#content")?.focus();
}
