"""Fits the judge of core/src/match/judge.ts to what bench/local-judge.ts has written, and writes core/src/match/judgement.ts.

    python3 bench/local-judge.py PAIRS.tsv … core/src/match/judgement.ts        (wants numpy and scikit-learn)

Boosted trees of three questions each, held to say no less for a copy where a measure speaks more for one. The threshold is where LOST of
the copies of the corpus are lost to trees that have not seen their picture (five folds, by the query's picture or layout).
"""

import sys
import zlib

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

LOST = 0.007
FOLDS = 5
DEPTH = 3
LAYOUTS = 100  # layoutsPerKind of bench/local/drawn.ts
# Which way each measure of `judgementInputs` speaks: 1, the more the likelier a copy.
SIGNS = [-1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, -1, 1]


def read(files):
    lines = [line.rstrip("\n").split("\t") for file in files for line in open(file) if line.strip()]
    same = np.array([line[0] == "1" for line in lines])
    weight = np.array([float(line[1]) for line in lines])
    fold = np.array([zlib.crc32(make_of(kind=line[2], query=line[3]).encode()) % FOLDS for line in lines])
    return lines, same, weight, fold, np.array([line[5:] for line in lines], dtype=float)


def make_of(kind, query):
    """What must not be seen by the trees that judge it: a picture of the corpus, or the layout of a drawn one."""
    return f"{kind} {int(query) % LAYOUTS}" if query.isdigit() else query


def fit(inputs, same, weight):
    trees = HistGradientBoostingClassifier(
        max_depth=DEPTH, max_iter=100, learning_rate=0.15, min_samples_leaf=15, l2_regularization=1,
        monotonic_cst=SIGNS, early_stopping=False, random_state=1,
    )  # fmt: skip
    return trees.fit(inputs, same, sample_weight=weight)


def unseen_scores(inputs, same, weight, fold):
    scores = np.zeros(len(same))
    for k in range(FOLDS):
        scores[fold == k] = fit(inputs[fold != k], same[fold != k], weight[fold != k]).decision_function(inputs[fold == k])
    return scores


def complete(nodes, at=0, depth=0):
    """A tree's questions (measure, threshold) and leaves as those of a complete tree, level by level."""
    node = nodes[at]
    if depth == DEPTH:
        return [[]], [float(node["value"])]
    if node["is_leaf"]:
        question, sides = (0, 1e9), (at, at)
    else:
        question, sides = (int(node["feature_idx"]), float(node["num_threshold"])), (node["left"], node["right"])
    (left, left_leaves), (right, right_leaves) = (complete(nodes, side, depth + 1) for side in sides)
    levels = [[question]] + [a + b for a, b in zip(left, right)]
    return levels, left_leaves + right_leaves


def write(model, threshold, file):
    measures, thresholds, leaves = [], [], []
    for (predictor,) in model._predictors:
        levels, values = complete(predictor.nodes)
        questions = [question for level in levels for question in level]
        measures += [measure for measure, _ in questions]
        thresholds += [limit for _, limit in questions]
        leaves += values
    constant = float(np.ravel(model._baseline_prediction)[0]) - threshold
    with open(file, "w") as out:
        out.write(
            "// Written by bench/local-judge.py.\n\n"
            "/** Complete trees of three levels: seven questions each (which measure, up to which value to the left), level by level; eight leaves. */\n"
            "export const judgement: {\n  readonly measures: readonly number[];\n  readonly thresholds: readonly number[];\n"
            "  readonly leaves: readonly number[];\n  readonly constant: number;\n} = {\n"
            f"  measures: {numbers(measures)},\n  thresholds: {numbers(thresholds)},\n  leaves: {numbers(leaves)},\n  constant: {constant:.4g},\n}};\n"
        )


def numbers(values):
    return "[" + ", ".join(f"{value:.5g}" for value in values) + "]"


def report(lines, same, scores, threshold):
    of_corpus = np.array([not line[3].isdigit() for line in lines])
    copies = scores[same & of_corpus]
    print(f"{(copies < threshold).sum()} of {len(copies)} copies of the corpus lost, {(scores[same & ~of_corpus] < threshold).sum()} of {(same & ~of_corpus).sum()} drawn ones")
    print(f"{(scores[~same] >= threshold).sum()} of {(~same).sum()} siblings pass")
    for name, chosen in (("passes", ~same & (scores >= threshold)), ("lost", same & of_corpus & (scores < threshold))):
        kinds, counts = np.unique([lines[i][2] for i in np.flatnonzero(chosen)], return_counts=True)
        print(f"  {name}:", ", ".join(f"{kind} {count}" for kind, count in zip(kinds, counts)))


*files, target = sys.argv[1:]
lines, same, weight, fold, inputs = read(files)
scores = unseen_scores(inputs, same, weight, fold)
threshold = np.quantile(scores[same & (weight == weight[same].max())], LOST)
report(lines, same, scores, threshold)
write(fit(inputs, same, weight), threshold, target)
