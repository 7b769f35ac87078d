// Keypoints and the vectors that describe them, each step as core/src/kernels/features-*.ts has it; those pages explain the steps.

import { blobsAt, findBlobs, respond } from "./features/blobs";
import { describe, fillWindowTables } from "./features/description";
import { beginMatch, distancesOf, secondListAt } from "./features/distances";
import { face, fillFacingWeights } from "./features/facing";
import {
  BEYOND,
  COSINES,
  DOTS,
  FACINGS,
  forgetPicture,
  giveBack,
  keepLevel,
  LEVELS,
  mark,
  ORBITS,
  PROJECTIONS,
  take,
  takePlane,
} from "./features/memory";
import { resample, smooth, toGrey } from "./features/planes";

const SIDE_MIN: i32 = 24;

let sourceWidth: i32 = 0;
let sourceHeight: i32 = 0;
let grey: usize = 0;
let samples: usize = 0;

export { beginMatch, blobsAt, describe, distancesOf, face, secondListAt };

export function orbitsAt(): usize {
  return ORBITS;
}
export function projectionsAt(): usize {
  return PROJECTIONS;
}
export function facingsAt(): usize {
  return FACINGS;
}
export function dotsAt(): usize {
  return DOTS;
}

/** Makes room for a picture's 8-bit samples and says where; 0 when memory does not suffice. */
export function begin(width: i32, height: i32, channels: i32): usize {
  forgetPicture();
  sourceWidth = width;
  sourceHeight = height;
  grey = takePlane(width, height);
  samples = take(<usize>width * height * channels + BEYOND);
  return grey == 0 ? 0 : samples;
}

/** Turns the samples to grey values and forgets them. */
export function open(channels: i32): void {
  toGrey(samples, grey, sourceWidth * sourceHeight, channels);
  giveBack(samples);
}

/** The whole picture in another size, 16 bits a sample; where, or 0 when memory does not suffice. */
export function squeeze(width: i32, height: i32): usize {
  return resample(grey, sourceWidth, sourceHeight, width, height);
}

/** Resamples the picture, builds, smooths and searches its levels; how many blobs there are, or -1 when memory does not suffice. */
export function detect(width: i32, height: i32, floor: i32): i32 {
  if (load<f64>(COSINES) != 1) {
    fillWindowTables();
    fillFacingWeights();
  }
  let plane = squeeze(width, height);
  let w = width;
  let h = height;
  let levels = 0;
  let shrink: f64 = 1;
  while (plane != 0) {
    if (!addLevel(levels++, plane, w, h)) return -1;
    if (levels == LEVELS) return findBlobs(levels, floor);
    shrink *= 1.25;
    const nextWidth = <i32>Math.floor(<f64>width / shrink + 0.5);
    const nextHeight = <i32>Math.floor(<f64>height / shrink + 0.5);
    if (min(nextWidth, nextHeight) < SIDE_MIN) return findBlobs(levels, floor);
    plane = resample(plane, w, h, nextWidth, nextHeight);
    w = nextWidth;
    h = nextHeight;
  }
  return -1;
}

/** Smooths a plane twice and keeps it with its response; whether memory sufficed. */
function addLevel(level: i32, plane: usize, width: i32, height: i32): bool {
  const twice = takePlane(width, height);
  const response = take(<usize>width * height * 4 + BEYOND);
  const start = mark();
  const middle = takePlane(width, height);
  const once = takePlane(width, height);
  if (twice == 0 || response == 0 || middle == 0 || once == 0) return false;
  smooth(plane, middle, once, width, height);
  smooth(once, middle, twice, width, height);
  respond(twice, response, width, height);
  keepLevel(level, width, height, twice, response);
  giveBack(start);
  return true;
}
