"""Drift tests as Evidently 0.2.8 computes them, on scipy: name → p-value or distance of two arrays of values.

A test that refuses its data raises. The tests of the default rule are those of the benchmark's peer.
"""
import pathlib
import sys

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))
import drift_scipy  # noqa: E402

BY_VALUE_MAX = 20


def binned(reference, current, distinct_only=False):
    """Counts of both sides in Sturges bins over all values, or over the distinct ones."""
    pooled = np.concatenate([reference, current]).astype(float)
    edges = np.histogram_bin_edges(np.unique(pooled) if distinct_only else pooled, bins="sturges")
    return np.histogram(reference, edges)[0], np.histogram(current, edges)[0], edges


def shares(reference, current):
    if reference.dtype.kind in "if" and len(np.unique(reference)) > BY_VALUE_MAX:
        p, q, _ = binned(reference, current)
    else:
        p, q = (counts.to_numpy() for counts in drift_scipy.shares(pd.Series(reference), pd.Series(current)))
    return p / len(reference), q / len(current)


def filled(values):
    least = values[values > 0].min()
    return np.where(values == 0, least / 1e6 if least <= 0.0001 else 0.0001, values)


def jensen_shannon(reference, current):
    return drift_scipy.distance.jensenshannon(*shares(reference, current))


def psi(reference, current):
    p, q = map(filled, shares(reference, current))
    return np.sum((p - q) * np.log(p / q))


def kl_div(reference, current):
    return stats.entropy(*map(filled, shares(reference, current)))


def hellinger(reference, current):
    if reference.dtype.kind not in "if":
        p, q = shares(reference, current)
        return np.sqrt(1 - np.clip(np.sum(np.sqrt(p * q)), 0, 1))
    _, _, edges = binned(reference, current, distinct_only=True)
    p, q = (np.histogram(side, edges, density=True)[0] for side in (reference, current))
    return np.sqrt(1 - np.clip(np.sum(np.sqrt(p * q) * np.diff(edges)), 0, 1))


def counts(reference, current):
    return [side.to_numpy() for side in drift_scipy.shares(pd.Series(reference), pd.Series(current))]


def fisher_exact(reference, current):
    p, q = counts(reference, current)
    if len(reference) != len(current) or len(p) > 2:
        raise ValueError("a 2 x 2 table of equally many rows is wanted")
    p, q = (np.append(side, [0] * (2 - len(side))) for side in (p, q))
    return stats.fisher_exact([p, q])[1]


def g_test(reference, current):
    p, q = counts(reference, current)
    return stats.power_divergence(q, p, lambda_="log-likelihood")[1]


def tvd(reference, current):
    def distance(x, y):
        p, q = shares(x, y)
        return 0.5 * np.abs(p - q).sum()

    draw = np.random.RandomState(0)
    pooled, observed = np.concatenate([reference, current]), distance(reference, current)
    drawn = []
    for _ in range(1000):
        mixed = draw.permutation(pooled)
        drawn.append(distance(mixed[:len(reference)], mixed[len(reference):]))
    return np.mean(np.array(drawn) >= observed)


def mmd(reference, current):
    def squares(x, y):
        return (x[:, None] - y[None, :]) ** 2

    median = np.percentile(squares(reference, reference), 50, method="nearest") or 1
    pooled, n = np.concatenate([reference, current]), len(reference)
    kernel = np.exp(-squares(pooled, pooled) / median)

    def statistic(order):
        k = kernel[np.ix_(order, order)]
        def off_diagonal(block):
            size = len(block)
            return (block.sum() - np.trace(block)) / (size * (size - 1))
        return off_diagonal(k[:n, :n]) + off_diagonal(k[n:, n:]) - 2 * k[:n, n:].mean()

    draw = np.random.RandomState(0)
    observed = statistic(np.arange(len(pooled)))
    return np.mean([statistic(draw.permutation(len(pooled))) >= observed for _ in range(100)])


def anderson(reference, current):
    return stats.anderson_ksamp([reference, current]).significance_level


# Test → (what computes it, takes numbers, takes categories, threshold, how scores may differ: relative, absolute).
EXACT, CLOSE, DRAWN, COARSE = (1e-9, 1e-12), (1e-6, 1e-10), (0, 0.06), (0, 0.15)
TESTS = {
    "ks": (lambda r, c: stats.ks_2samp(r, c)[1], True, False, 0.05, (1e-5, 1e-12)),
    "chisquare": (lambda r, c: drift_scipy.chi_square(pd.Series(r), pd.Series(c)), False, True, 0.05, CLOSE),
    "z": (lambda r, c: drift_scipy.z_test(pd.Series(r), pd.Series(c)), False, True, 0.05, CLOSE),
    "wasserstein": (drift_scipy.wasserstein, True, False, 0.1, EXACT),
    "jensenshannon": (jensen_shannon, True, True, 0.1, EXACT),
    "psi": (psi, True, True, 0.1, EXACT),
    "kl_div": (kl_div, True, True, 0.1, EXACT),
    "hellinger": (hellinger, True, True, 0.1, (1e-9, 1e-8)),
    "ed": (stats.energy_distance, True, False, 0.1, EXACT),
    "anderson": (anderson, True, False, 0.1, CLOSE),
    "cramer_von_mises": (lambda r, c: stats.cramervonmises_2samp(r, c).pvalue, True, False, 0.1, CLOSE),
    "mannw": (lambda r, c: stats.mannwhitneyu(r, c)[1], True, False, 0.05, CLOSE),
    "t_test": (lambda r, c: stats.ttest_ind(r, c)[1], True, False, 0.05, CLOSE),
    "es": (lambda r, c: stats.epps_singleton_2samp(r, c)[1], True, False, 0.05, CLOSE),
    "emperical_mmd": (mmd, True, False, 0.1, COARSE),
    "fisher_exact": (fisher_exact, False, True, 0.1, CLOSE),
    "g_test": (g_test, False, True, 0.1, CLOSE),
    "TVD": (tvd, False, True, 0.1, DRAWN),
}


def default_test(reference, current, is_numeric):
    """The name that Evidently's rule chooses."""
    return drift_scipy.default_test(pd.Series(reference), pd.Series(current), is_numeric)[0]
