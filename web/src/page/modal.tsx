import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface ModalProps {
  readonly title: string;
  readonly class?: string;
  /** Called once it is closed: by Escape, by a click beside it, or by the function that the content is given. */
  readonly onClose: () => void;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A dialog over the page; the browser keeps the focus inside it and brings it back where it was. */
export function Modal({ title, class: extra = "", onClose, children }: ModalProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Not the first button, which may stand below what is to be seen, or be one that deletes.
    heading.current?.focus();
  }, []);
  const close = (): void => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a click on the backdrop does, by the browser itself
    <dialog
      ref={dialog}
      class={`modal ${extra}`}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="modal-body">
        <h2 id={titleId} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {children(close)}
      </div>
    </dialog>
  );
}
