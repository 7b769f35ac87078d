"""Compares pictures pair by pair as OpenCV's ORB with RANSAC does: the peer of bench/quality/orb.ts, which starts it.

Reads a JSON array of {"query": file, "candidates": [file, …]} from standard input and writes a line of JSON for each: the most inliers
with each candidate, in order, and the milliseconds of CPU it took. The recipe is the trial's that Utsuru was to beat: 500 keypoints
spread over a grid of 8 × 8, pictures brought to 640 px (small ones enlarged at most fourfold), the query as it is and mirrored, ratio
test 0.8, affine map by RANSAC within 5 px.
"""

import functools
import json
import sys
import time

import cv2
import numpy as np

SIDE = 640
GRID = 8
KEYPOINTS = 500
RATIO = 0.8
REACH_PX = 5

cv2.setNumThreads(1)
cv2.setRNGSeed(1)
detector = cv2.ORB_create(4 * KEYPOINTS, fastThreshold=8)
matcher = cv2.BFMatcher(cv2.NORM_HAMMING)


def read_grey(file):
    grey = cv2.imread(file, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError(f"OpenCV cannot read {file}")
    factor = min(4, SIDE / max(grey.shape))
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def features_of(grey):
    """Places and descriptors of the strongest keypoints of each cell."""
    height, width = grey.shape
    taken, chosen = {}, []
    for point in sorted(detector.detect(grey), key=lambda point: -point.response):
        cell = (int(point.pt[0] * GRID / width), int(point.pt[1] * GRID / height))
        taken[cell] = taken.get(cell, 0) + 1
        if taken[cell] <= KEYPOINTS // (GRID * GRID) + 1:
            chosen.append(point)
    chosen, descriptors = detector.compute(grey, chosen[:KEYPOINTS])
    return np.float32([point.pt for point in chosen]), descriptors


@functools.lru_cache(maxsize=4000)
def stored(file):
    return features_of(read_grey(file))


def inliers(query, target):
    (places, descriptors), (other_places, other_descriptors) = query, target
    if descriptors is None or other_descriptors is None or len(descriptors) < 3 or len(other_descriptors) < 3:
        return 0
    pairs = [
        best
        for best, second in matcher.knnMatch(descriptors, other_descriptors, k=2)
        if best.distance < RATIO * second.distance
    ]
    if len(pairs) < 3:
        return 0
    source = places[[pair.queryIdx for pair in pairs]]
    goal = other_places[[pair.trainIdx for pair in pairs]]
    _, mask = cv2.estimateAffine2D(source, goal, method=cv2.RANSAC, ransacReprojThreshold=REACH_PX)
    return 0 if mask is None else int(mask.sum())


for task in json.load(sys.stdin):
    start = time.process_time()
    grey = read_grey(task["query"])
    views = [features_of(grey), features_of(cv2.flip(grey, 1))]
    found = [max(inliers(view, stored(file)) for view in views) for file in task["candidates"]]
    print(json.dumps({"inliers": found, "ms": 1000 * (time.process_time() - start)}), flush=True)
