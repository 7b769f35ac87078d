import type { ProjectionTables } from "./features-steps.ts";

/** Weights of one projection. */
const orbitsCount = 32;
const rowsPerClass = 64;

/** Reference twin: signs that the four classes of projections give to the members of an orbit (itself, mirrored, inverted, both). */
const classSigns: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 1, -1, -1],
  [1, -1, 1, -1],
  [1, -1, -1, 1],
];

const dots = new Int32Array(classSigns.length * rowsPerClass);
const folded = new Int32Array(orbitsCount);

/** The 256 projections of a vector of 128: folded by each class's signs, then weighed. Valid until the next call. */
export function project(vector: Int32Array, { orbits, projections }: ProjectionTables): Int32Array {
  classSigns.forEach((signs, index) => {
    for (let orbit = 0; orbit < orbitsCount; orbit++) {
      let sum = 0;
      for (let member = 0; member < 4; member++)
        sum += (signs[member] as number) * (vector[orbits[4 * orbit + member] as number] as number);
      folded[orbit] = sum;
    }
    for (let row = index * rowsPerClass; row < (index + 1) * rowsPerClass; row++) {
      let sum = 0;
      for (let orbit = 0; orbit < orbitsCount; orbit++)
        sum += (projections[row * orbitsCount + orbit] as number) * (folded[orbit] as number);
      dots[row] = sum;
    }
  });
  return dots;
}
