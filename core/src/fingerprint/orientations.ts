/**
 * The eight symmetries of the rectangle (the dihedral group D4), each named by what is done to a picture.
 * Rotations are clockwise; `transpose` mirrors on the main diagonal (top left to bottom right), `transverse` on the other.
 */
export const orientations = [
  "identity",
  "rotate-90",
  "rotate-180",
  "rotate-270",
  "flip-horizontal",
  "flip-vertical",
  "transpose",
  "transverse",
] as const;

/** One of the eight symmetries of {@link orientations}. */
export type Orientation = (typeof orientations)[number];

/** The symmetry that undoes another: quarter turns swap, all others are their own inverse. */
export function inverseOf(orientation: Orientation): Orientation {
  switch (orientation) {
    case "rotate-90":
      return "rotate-270";
    case "rotate-270":
      return "rotate-90";
    default:
      return orientation;
  }
}
