"""Expected numbers for `monitoring`, from NumPy and SciPy.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python generate.py > expected.json

PSI: deciles by numpy.quantile(method="inverted_cdf"), shares by numpy.histogram, the index as
scipy.stats.entropy(p, q) + entropy(q, p) (the symmetrised Kullback-Leibler divergence), with half an
observation added to each occupied bin. KS: scipy.stats.ks_2samp(method="asymp").
"""

import json

import numpy as np
from scipy.stats import entropy, ks_2samp


def psi(reference, recent):
    inner = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    # numpy's bins are [a, b), ours (a, b]: mirror the axis.
    edges = np.concatenate([[-np.inf], np.sort(-inner), [np.inf]])
    p = np.histogram(-np.asarray(reference), edges)[0] + 0.5
    q = np.histogram(-np.asarray(recent), edges)[0] + 0.5
    return float(entropy(p, q) + entropy(q, p))


def case(name, reference, recent):
    reference, recent = np.round(reference, 5), np.round(recent, 5)
    ks = ks_2samp(reference, recent, method="asymp")
    return {
        "name": name,
        "reference": reference.tolist(),
        "recent": recent.tolist(),
        "psi": psi(reference, recent),
        "ks": float(ks.statistic),
        "ks_p": float(ks.pvalue),
    }


rng = np.random.default_rng(20220103)
normal, t = rng.standard_normal, rng.standard_t
cases = [
    case("the same distribution", normal(300), normal(150)),
    case("a shift of half a deviation", normal(300), normal(150) + 0.5),
    case("a shift of a fifth of a deviation", normal(400), normal(400) + 0.2),
    case("twice the scale", normal(300), 2 * normal(150)),
    case("heavier tails", normal(400), t(3, 100)),
    case("few recent rows", normal(60), normal(30) + 0.3),
    case("far apart", normal(100), normal(100) + 6),
    case("unequal sizes that do not divide", normal(311), normal(97) - 0.1),
]
print(json.dumps(cases, separators=(",", ":")))
