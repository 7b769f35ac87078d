"""Fits the weights of core/src/match/judge.ts to what bench/local-judge.ts has written, and writes core/src/match/judgement.ts.

    python3 bench/local-judge.py PAIRS.tsv core/src/match/judgement.ts        (wants numpy and scikit-learn)

A line: same (1 or 0), weight of the line (copies of the corpus have the greatest), then the inputs. The threshold is where 3 of 1,000 copies of the corpus would be lost.
"""
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

LOST = 0.003
CLAMP = 3

lines = np.loadtxt(sys.argv[1])
same, weight, inputs = lines[:, 0], lines[:, 1], lines[:, 2:]
means, deviations = inputs.mean(0), inputs.std(0)
x = np.clip((inputs - means) / deviations, -CLAMP, CLAMP)
n = x.shape[1]
x = np.hstack([x, *[x[:, [i]] * x[:, [j]] for i in range(n) for j in range(i, n)]])
centre, spread = x.mean(0), x.std(0)
model = LogisticRegression(C=1, max_iter=5000).fit((x - centre) / spread, same, sample_weight=weight)
weights = model.coef_[0] / spread
score = x @ weights
of_corpus = score[(same == 1) & (weight == weight.max())]
threshold = np.quantile(of_corpus, LOST)
print(f"{(of_corpus < threshold).sum()} of {len(of_corpus)} copies lost, {(score[same == 0] >= threshold).sum()} of {(same == 0).sum()} siblings pass")


def numbers(values):
    return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"


with open(sys.argv[2], "w") as out:
    out.write(
        "// Written by bench/local-judge.py.\n\n"
        "/** What `judge` weighs its inputs with: each alone, then each by itself and by every later one. */\n"
        "export const judgement: {\n  readonly means: readonly number[];\n  readonly deviations: readonly number[];\n"
        "  readonly weights: readonly number[];\n  readonly constant: number;\n} = {\n"
        f"  means: {numbers(means)},\n  deviations: {numbers(deviations)},\n  weights: {numbers(weights)},\n  constant: {-threshold:.4g},\n}};\n"
    )
