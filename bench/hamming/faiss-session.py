"""Answers queries for bench/hamming/faiss.ts with faiss: one JSON line in, one out; the time is taken here, around the call."""

import json
import sys
import time

import faiss
import numpy

faiss.omp_set_num_threads(1)
bits, radius = 256, 31
indexes = {}


def build(kind, codes):
    if kind == "flat":
        index = faiss.IndexBinaryFlat(bits)
    else:
        # 16 bands of 16 bits, one flip: exact for 31 bits by the pigeonhole bound.
        index = faiss.IndexBinaryMultiHash(bits, 16, 16)
        index.nflip = 1
    index.add(codes)
    return index


for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "version":
        answer = {"version": faiss.__version__}
    elif asked["do"] == "build":
        codes = numpy.fromfile(asked["file"], dtype=numpy.uint8).reshape(-1, bits // 8)
        indexes[asked["kind"]] = build(asked["kind"], codes)
        answer = {}
    else:
        query = numpy.frombuffer(bytes.fromhex(asked["hex"]), dtype=numpy.uint8).reshape(1, -1)
        begun = time.perf_counter()
        limits, _, _ = indexes[asked["kind"]].range_search(query, radius + 1)
        answer = {"ms": (time.perf_counter() - begun) * 1000, "found": int(limits[1])}
    print(json.dumps(answer), flush=True)
