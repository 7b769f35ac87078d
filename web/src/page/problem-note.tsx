import type { ComponentChildren, JSX } from "preact";

/** Says what went wrong, at once also to screen readers. */
export function ProblemNote({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <p class="note note-problem" role="alert">
      {children}
    </p>
  );
}
