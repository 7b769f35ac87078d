"""Learns the projections of core/src/features/projections.ts.

Reads pairs of matching windows as float32 [pair][query, stored][4 parity classes][32], each window scaled to a sum of 128, and writes
the 256 x 32 weights as JSON, ordered as the index reads them. Usage: local-learn.py PAIRS.f32 OUT.json
"""

import json
import sys

import numpy as np

ROWS = 64
ORBITS = 32
SUBSPACE = 16  # of 12, 16, 24 and 32 the best: recall at 0.01 % wrong pairs 0.923, against 0.903 with all 32
CANDIDATES = 900
KEY_ROWS = (5, 5, 4, 4)
SIGNATURE_ROWS = 8


def learn_class(query, stored, rng):
    """64 of many random directions of the whitened subspace that matching windows agree on most."""
    within = np.cov((query - stored).T) / 2
    within += np.eye(ORBITS) * 0.05 * np.trace(within) / ORBITS
    values, vectors = np.linalg.eigh(within)
    whiten = vectors @ np.diag(values**-0.5) @ vectors.T
    signal, axes = np.linalg.eigh(whiten @ np.cov(np.vstack([query, stored]).T) @ whiten)
    axes = axes[:, np.argsort(-signal)[:SUBSPACE]]
    directions = np.array([whiten @ (axes @ rng.normal(size=SUBSPACE)) for _ in range(CANDIDATES)])
    bits = stored @ directions.T > 0
    flips = ((query @ directions.T > 0) != bits).mean(0)
    signs = np.where(bits, 1.0, -1.0)
    correlation = np.abs(signs.T @ signs) / len(signs)
    order = np.argsort(flips + 0.5 * np.abs(bits.mean(0) - 0.5))
    chosen, limit = [], 0.15
    while len(chosen) < ROWS:
        for i in order:
            if len(chosen) < ROWS and i not in chosen and (not chosen or correlation[i, chosen].max() < limit):
                chosen.append(i)
        limit += 0.05
    return directions[chosen]


def order_rows(weights, pairs):
    """Key bits first, then signature bits, both steady and little correlated; then the rest from steady to unsteady."""
    bits = [pairs[:, 1, k] @ weights[k].T > 0 for k in range(4)]
    flips = np.hstack([((pairs[:, 0, k] @ weights[k].T > 0) != bits[k]).mean(0) for k in range(4)])
    signs = np.where(np.hstack(bits), 1.0, -1.0)
    correlation = np.abs(signs.T @ signs) / len(pairs)
    skew = np.abs(np.hstack(bits).mean(0) - 0.5)
    chosen, taken = [], [0] * 4
    for limits, tolerated in ((KEY_ROWS, 0.1), ([k + SIGNATURE_ROWS for k in KEY_ROWS], 0.2)):
        while any(taken[c] < limits[c] for c in range(4)):
            free = [i for i in range(4 * ROWS) if i not in chosen and taken[i // ROWS] < limits[i // ROWS]]
            cost = [
                flips[i] + 0.3 * skew[i] + 0.6 * max(0, (correlation[i, chosen].max() if chosen else 0) - tolerated)
                for i in free
            ]
            best = free[int(np.argmin(cost))]
            chosen.append(best)
            taken[best // ROWS] += 1
    ordered = np.zeros_like(weights)
    for k in range(4):
        first = [i for i in chosen if i // ROWS == k]
        rest = sorted((i for i in range(k * ROWS, (k + 1) * ROWS) if i not in first), key=lambda i: flips[i])
        ordered[k] = weights[k][[i - k * ROWS for i in first + rest]]
    return ordered


def main(pairs_path, out_path):
    rng = np.random.default_rng(7)
    pairs = np.fromfile(pairs_path, dtype=np.float32).reshape(-1, 2, 4, ORBITS).astype(float)
    weights = np.zeros((4, ROWS, ORBITS))
    for k in range(4):
        mean = pairs[:, :, k].mean((0, 1)) if k == 0 else 0  # only the even class has a mean
        rows = learn_class(pairs[:, 0, k] - mean, pairs[:, 1, k] - mean, rng)
        if k == 0:  # the class sums to 128: the threshold becomes part of every weight
            rows = rows - (rows @ mean)[:, None] / 128.0
        weights[k] = np.round(127 * rows / np.abs(rows).max(1, keepdims=True))
    json.dump(order_rows(weights, pairs).astype(int).flatten().tolist(), open(out_path, "w"))


main(*sys.argv[1:])
