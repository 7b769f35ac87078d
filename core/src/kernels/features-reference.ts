import { type Blob, blobsOf, responseOf } from "./features-blobs.ts";
import { facingsOf, vectorOf } from "./features-describe.ts";
import { project } from "./features-project.ts";
import { greyOf, type Plane, pyramidOf, resample, roundSamples, smooth } from "./features-pyramid.ts";
import type { FeatureSteps, LevelPlace, ProjectionTables } from "./features-steps.ts";

/** The steps in plain TypeScript: what the kernel must equal to the bit. */
export function referenceSteps(tables: ProjectionTables): FeatureSteps {
  let grey: Plane = { width: 0, height: 0, data: new Int16Array() };
  let planes: readonly Plane[] = [];
  const planeOf = ({ level }: LevelPlace): Plane => planes[level] as Plane;
  return {
    open(picture): void {
      grey = greyOf(picture);
    },
    squeeze: (width, height) => roundSamples(resample(grey, width, height).data),
    detect({ width, height, floor }): readonly Blob[] {
      planes = pyramidOf(resample(grey, width, height)).map((plane) => smooth(smooth(plane)));
      return blobsOf(planes, planes.map(responseOf), floor);
    },
    face: (place) => facingsOf(planeOf(place), place.x, place.y),
    describe: (place, { facing, step }) =>
      project(vectorOf(planeOf(place), { x: place.x, y: place.y, facing, step }), tables),
  };
}
