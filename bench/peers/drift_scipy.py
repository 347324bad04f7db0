"""Evidently's default drift tests on scipy, numpy and pandas: the peer of bench/drift.sh.

  drift_scipy.py CASE_FOLDER ROUNDS      reads reference.csv and current.csv, prints one JSON object:
                                         {"scores": {column: [test, score]}, "seconds": [...]}

The time is that of the scores alone: from two data frames in memory.
"""
import json
import sys
import time

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import distance

SMALL_REFERENCE = 1000


def cleaned(series):
    return series.replace([np.inf, -np.inf], np.nan).dropna()


def shares(reference, current):
    keys = sorted(set(reference.unique()) | set(current.unique()))
    p = reference.value_counts().reindex(keys, fill_value=0)
    q = current.value_counts().reindex(keys, fill_value=0)
    return p, q


def jensen_shannon(reference, current):
    p, q = shares(reference, current)
    return distance.jensenshannon(p / len(reference), q / len(current))


def wasserstein(reference, current):
    return stats.wasserstein_distance(reference, current) / max(np.std(reference), 0.001)


def chi_square(reference, current):
    p, q = shares(reference, current)
    with np.errstate(divide="ignore"):
        return stats.chisquare(q, p * (len(current) / len(reference)), axis=0)[1] if (p > 0).all() else 0.0


def z_test(reference, current):
    p, q = shares(reference, current)
    if len(p) == 1:
        return 1.0
    n, m = len(reference), len(current)
    a, b = 1 - p.iloc[0] / n, 1 - q.iloc[0] / m
    pooled = (a * n + b * m) / (n + m)
    z = (a - b) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return 2 * (1 - stats.norm.cdf(abs(z)))


def kolmogorov_smirnov(reference, current):
    return stats.ks_2samp(reference, current)[1]


def default_test(reference, current, is_numeric):
    distinct = pd.concat([reference, current]).nunique()
    if len(reference) > SMALL_REFERENCE:
        return ("wasserstein", wasserstein) if is_numeric and distinct > 5 else ("jensenshannon", jensen_shannon)
    if distinct <= 2:
        return "z", z_test
    return ("ks", kolmogorov_smirnov) if is_numeric and distinct > 5 else ("chisquare", chi_square)


def compare(reference, current):
    scores = {}
    for column in reference.columns:
        is_numeric = pd.api.types.is_numeric_dtype(reference[column]) and reference[column].dtype != bool
        r, c = cleaned(reference[column]), cleaned(current[column])
        name, test = default_test(r, c, is_numeric)
        scores[column] = [name, float(test(r, c))]
    return scores


def main():
    folder, rounds = sys.argv[1], int(sys.argv[2])
    reference, current = (pd.read_csv("%s/%s.csv" % (folder, side)) for side in ("reference", "current"))
    seconds, scores = [], {}
    for _ in range(rounds):
        begin = time.perf_counter()
        scores = compare(reference, current)
        seconds.append(time.perf_counter() - begin)
    json.dump({"scores": scores, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
