import { signal } from "@preact/signals";
import type { JSX } from "preact";

const text = signal("");

/** Says an outcome to those who hear the page instead of seeing it. */
export function announce(sentence: string): void {
  // The same sentence twice in a row is only read out if the text differs.
  text.value = text.value === sentence ? `${sentence}\u00a0` : sentence;
}

/** Where announcements are put for screen readers. */
export function Announcer(): JSX.Element {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
