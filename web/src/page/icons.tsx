import type { ComponentChildren, JSX } from "preact";

function Icon({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** Two pictures, one behind the other. */
export function CopiesIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M8 8h12v12H8z" />
      <path d="M16 8V4H4v12h4" />
    </Icon>
  );
}

export function BinIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5" />
    </Icon>
  );
}

export function LockIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3" />
    </Icon>
  );
}

export function DoneIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M5 12.5l4.5 4.5L19 7.5" />
    </Icon>
  );
}

export function RefusedIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M7 7l10 10M17 7L7 17" />
    </Icon>
  );
}

export function SameIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M6 9.5h12M6 14.5h12" />
    </Icon>
  );
}

export function BackIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M14 6l-6 6 6 6" />
    </Icon>
  );
}
