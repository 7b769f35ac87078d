import type { ComponentChildren, JSX } from "preact";
import type { Point, Size } from "./alignment.ts";

interface OutlinedProps {
  /** Of the picture that the children show, which is fitted into their box. */
  readonly size: Size | undefined;
  /** The part that both pictures show, in the picture's pixels; `undefined` where it is not known. */
  readonly part: readonly Point[] | undefined;
  readonly children: ComponentChildren;
}

/** A picture with the part of it outlined that another picture shows too. */
export function Outlined({ size, part, children }: OutlinedProps): JSX.Element {
  return (
    <span class="outlined">
      {children}
      {size !== undefined && part !== undefined && (
        <svg class="outline" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          {/* A view of its own ends where the picture does: beside it nothing is outlined. */}
          <svg width={size.width} height={size.height} aria-hidden="true">
            <polygon class="outline-ground" points={part.join(" ")} />
            <polygon class="outline-line" points={part.join(" ")} />
          </svg>
        </svg>
      )}
    </span>
  );
}
