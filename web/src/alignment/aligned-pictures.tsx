import "./alignment.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { StoredImage } from "../api/shapes.ts";
import { StoredPicture } from "../pictures/stored-picture.tsx";
import type { Query } from "../search/search.ts";
import { type Affine, cssMatrix, type Size } from "./alignment.ts";

/** How two pictures that lie on each other are told apart. */
export type Comparison = "slider" | "difference";

interface AlignedPicturesProps {
  readonly query: Query;
  readonly querySize: Size;
  readonly image: StoredImage;
  readonly alignment: Affine;
  readonly comparison: Comparison;
}

/** The query laid on the stored picture where it belongs: with a slider between them, or what differs, black where nothing does. */
export function AlignedPictures(props: AlignedPicturesProps): JSX.Element {
  const { image, comparison } = props;
  const stage = useRef<HTMLDivElement>(null);
  const shownWidth = useWidthOf(stage);
  const sharePercent = useSignal(50);
  return (
    <div class="aligned">
      <div class="aligned-frame" style={{ "--ratio": `${image.width} / ${image.height}` }}>
        <div class="aligned-stage" data-comparison={comparison} ref={stage}>
          <StoredPicture url={image.url} alt={image.file} width={image.width} height={image.height} />
          <div
            class="aligned-layer"
            style={{ clipPath: comparison === "slider" ? `inset(0 ${100 - sharePercent.value}% 0 0)` : "none" }}
          >
            <Laid {...props} scale={shownWidth.value / image.width} />
          </div>
          {comparison === "slider" && <span class="aligned-edge" style={{ left: `${sharePercent.value}%` }} />}
        </div>
      </div>
      {comparison === "slider" && (
        <label class="aligned-slider">
          <span>Kept here</span>
          <input
            type="range"
            min={0}
            max={100}
            value={sharePercent.value}
            aria-label="How much of the picture searched with is shown over the one kept here"
            onInput={({ currentTarget }) => {
              sharePercent.value = currentTarget.valueAsNumber;
            }}
          />
          <span>Searched with</span>
        </label>
      )}
    </div>
  );
}

/** The query's own pixels, moved to where they lie on the stage. */
function Laid({ query, querySize, alignment, scale }: AlignedPicturesProps & { readonly scale: number }): JSX.Element {
  const { width, height } = querySize;
  const place = { width: `${width}px`, height: `${height}px`, transform: cssMatrix(alignment, scale) };
  return (
    <span class="aligned-laid" style={place}>
      {query.kind === "file" ? (
        <img src={query.previewUrl} alt={query.file.name} draggable={false} />
      ) : (
        <StoredPicture url={query.image.url} alt={query.image.file} width={width} height={height} />
      )}
    </span>
  );
}

/** How wide an element is drawn, in CSS pixels, as long as it is there. */
function useWidthOf(element: { readonly current: HTMLElement | null }): { readonly value: number } {
  const width = useSignal(0);
  useLayoutEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, width]);
  return width;
}
