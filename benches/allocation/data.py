"""The questions' data: returns from a factor model with fat tails, always the same.

A market and eight other factors move the assets; shocks are Student-t with 5 degrees of freedom, scaled
to volatilities between 10 % and 40 % a year. Everything follows from a seed.
"""

import numpy as np


def returns(rows, assets, seed, factors=8):
    """Daily returns, rows x assets."""
    rng = np.random.default_rng(seed)
    shock = lambda *shape: rng.standard_t(5, size=shape) / np.sqrt(5 / 3)
    market = shock(rows, 1) * 0.01
    others = shock(rows, factors) * 0.006
    beta = rng.uniform(0.5, 1.5, size=(1, assets))
    loadings = rng.normal(size=(factors, assets)) * 0.5
    noise = shock(rows, assets) * rng.uniform(0.006, 0.02, size=assets)
    drift = rng.uniform(-0.0002, 0.0008, size=assets)
    return drift + market @ beta + others @ loadings + noise


def means(x):
    return x.mean(axis=0)


def covariance(x):
    return np.cov(x, rowvar=False)


def factor_covariance(assets, factors, seed):
    """Loadings (assets x factors), factor covariance (identity) and specific variances."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(assets, factors)) * 0.005
    specific = rng.uniform(0.005, 0.02, size=assets) ** 2
    mean = rng.normal(size=assets) * 0.0005
    return mean, loadings, specific
