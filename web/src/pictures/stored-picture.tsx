import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useWorkspace } from "../page/workspace.ts";
import { watchNearView } from "./near-view.ts";

type State = { readonly kind: "away" } | { readonly kind: "here"; readonly src: string } | { readonly kind: "failed" };

interface StoredPictureProps {
  /** The server's URL of the picture or its thumbnail. */
  readonly url: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
}

/** A picture that the server keeps, fetched once it comes near the view and let go when it is far again. */
export function StoredPicture({ url, alt, width, height }: StoredPictureProps): JSX.Element {
  const { pictures } = useWorkspace();
  const frame = useRef<HTMLSpanElement>(null);
  const state = useSignal<State>({ kind: "away" });

  useEffect(() => {
    if (frame.current === null) return;
    let release = (): void => undefined;
    const show = (): void => {
      const lease = pictures.lease(url);
      let wanted = true;
      release = () => {
        wanted = false;
        state.value = { kind: "away" };
        lease.release();
      };
      lease.objectUrl.then(
        (src) => {
          if (wanted) state.value = { kind: "here", src };
        },
        () => {
          if (wanted) state.value = { kind: "failed" };
        },
      );
    };
    const stop = watchNearView(frame.current, (near) => {
      release();
      release = () => undefined;
      if (near) show();
    });
    return () => {
      stop();
      release();
    };
  }, [url, pictures, state]);

  return (
    <span class="picture" data-state={state.value.kind} ref={frame}>
      {state.value.kind === "here" && (
        <img src={state.value.src} alt={alt} width={width} height={height} decoding="async" draggable={false} />
      )}
      {state.value.kind === "failed" && <span class="picture-missing">This picture could not be loaded.</span>}
    </span>
  );
}
