"""Expected numbers for the estimators of `risk`, computed by other systems.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python estimators.py prices_us20.parquet implied_vol_us20.parquet

The inputs are skfolio's `sp500_dataset` and `factors_dataset` (BSD-3-Clause, adjusted closes of 20
US large caps and 5 factor funds with a date column) and its implied volatilities. Writes
`estimators.json` beside this file: 252 returns of 12 symbols and of 5 factors, rounded to 1e-6 so
that both sides read the same numbers, and what each system makes of them.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import cvxpy as cp
import numpy as np
import pandas as pd
import riskfolio as rp
import statsmodels.api as sm
from pypfopt import expected_returns, risk_models
from riskfolio.src import AuxFunctions, GerberStatistic, ParamsEstimation
from skfolio import moments as sk
from skfolio.metrics import (
    diagonal_calibration_ratio,
    mahalanobis_calibration_ratio,
    portfolio_variance_qlike_loss,
)
from sklearn.covariance import OAS, MinCovDet, ShrunkCovariance, graphical_lasso, ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
PACKAGES = [
    "numpy", "pandas", "scipy", "scikit-learn", "statsmodels", "cvxpy", "clarabel", "skfolio",
    "riskfolio-lib", "PyPortfolioOpt",
]  # fmt: skip
NAMES = ["AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "XOM"]
FACTORS = ["MTUM", "QUAL", "SIZE", "USMV", "VLUE"]
PLAIN = sk.EmpiricalCovariance(nearest=False, window_size=None)


def rows(values):
    return np.asarray(values, dtype=float).tolist()


def window(path, names, last, count):
    table = pd.read_parquet(path)
    table = table.set_index(pd.to_datetime(table["date"])).drop(columns="date")
    return table.loc[:last, names].tail(count)


def means(x):
    def shrunk(method, **options):
        return rows(sk.ShrunkMu(covariance_estimator=PLAIN, method=method, **options).fit(x).mu_)

    methods = sk.ShrunkMuMethods
    weights = np.arange(1, 13) / 78
    market = pd.DataFrame(x.to_numpy() @ weights, index=x.index)
    james_stein = sk.ShrunkMu(covariance_estimator=PLAIN, method=methods.JAMES_STEIN).fit(x)
    assert 0 < james_stein.beta_ < 1, james_stein.beta_
    given = {"returns_data": True, "frequency": 1}
    return {
        "sample": rows(sk.EmpiricalMu().fit(x).mu_),
        "geometric": rows(expected_returns.mean_historical_return(x, **given)),
        "exponentially_weighted": rows(sk.EWMu(half_life=21).fit(x).mu_),
        "james_stein": rows(james_stein.mu_),
        "bodnar_okhrin": shrunk(methods.BODNAR_OKHRIN),
        "bayes_stein": shrunk(methods.BAYES_STEIN, vol_weighted_target=True),
        "equilibrium": rows(
            sk.EquilibriumMu(covariance_estimator=PLAIN, risk_aversion=2.5).fit(x).mu_
        ),
        "equilibrium_weighted": rows(
            sk.EquilibriumMu(covariance_estimator=PLAIN, risk_aversion=2.5, weights=weights)
            .fit(x)
            .mu_
        ),
        "weights": rows(weights),
        "capm": rows(expected_returns.capm_return(x, compounding=False, risk_free_rate=1e-4, **given)),
        "capm_market": rows(
            expected_returns.capm_return(
                x, market_prices=market, compounding=False, risk_free_rate=1e-4, **given
            )
        ),
    }


def single_factor(x):
    shrink = risk_models.CovarianceShrinkage(x, returns_data=True, frequency=1)
    matrix = shrink.ledoit_wolf("single_factor")
    return {"covariance": rows(matrix), "shrinkage": float(shrink.delta)}


def lasso(x, alpha):
    correlation = np.corrcoef(x.to_numpy(), rowvar=False)
    w, precision = graphical_lasso(correlation, alpha, tol=1e-12, enet_tol=1e-12, max_iter=10_000)
    sigma = x.std(ddof=1).to_numpy()
    return {
        "alpha": alpha,
        "covariance": rows(w * np.outer(sigma, sigma)),
        "zeros": int((np.abs(precision) < 1e-9).sum()),
    }


def contaminated(x):
    """Every tenth day moves ten times as much, the other way round."""
    values = x.to_numpy().copy()
    values[::10] *= -10
    return np.round(values[:, :5], 6)


def robust(x):
    values = contaminated(x)
    fits = [MinCovDet(random_state=seed).fit(values) for seed in range(5)]
    best = min(fits, key=lambda fit: np.linalg.det(fit.raw_covariance_))
    part = MinCovDet(support_fraction=0.8, random_state=0).fit(values)
    return {
        "returns": rows(values),
        "covariance": rows(best.covariance_),
        "mean": rows(best.location_),
        "sound": np.flatnonzero(best.support_).tolist(),
        "covariance_80": rows(part.covariance_),
    }


def noise_bound(x):
    """The largest eigenvalue of noise, on a sample for which two ways of fitting agree.

    Riskfolio-Lib and skfolio descend from a variance of one half and may stop in a local minimum;
    Trimtab takes the best of all variances.
    """
    values, q = np.linalg.eigvalsh(x.corr())[::-1], len(x) / x.shape[1]
    local, _ = AuxFunctions.findMaxEval(values, q)
    grid = np.linspace(0.01, 0.9999, 300)
    best = grid[np.argmin([AuxFunctions.errPDFs(variance, values, q) for variance in grid])]
    assert np.isclose(local, best * (1 + q**-0.5) ** 2, rtol=1e-3), (local, best)
    return local


def denoised(x):
    x = x.tail(200)
    noise_bound(x)
    covariance = x.cov()
    q = len(x) / x.shape[1]
    fix = AuxFunctions.denoiseCov
    return {
        "constant": rows(sk.DenoiseCovariance(covariance_estimator=PLAIN, nearest=False).fit(x).covariance_),
        "constant_riskfolio": rows(fix(covariance, q, kind="fixed")),
        "spectral": rows(fix(covariance, q, kind="spectral")),
        "shrunk": rows(fix(covariance, q, kind="shrink", alpha=0.3)),
        "detoned": rows(
            sk.DetoneCovariance(covariance_estimator=PLAIN, n_markets=1, nearest=False).fit(x).covariance_
        ),
        "detoned_2": rows(
            sk.DetoneCovariance(covariance_estimator=PLAIN, n_markets=2, nearest=False).fit(x).covariance_
        ),
    }


def gerber(x):
    joint = GerberStatistic.gerber_cov_stat0(x.iloc[:, :6], threshold=0.5)
    return {
        "joint_moves_6": rows(joint),
        "any_move": rows(GerberStatistic.gerber_cov_stat1(x, threshold=0.5)),
        "own_moves": rows(GerberStatistic.gerber_cov_stat2(x, threshold=0.5)),
        "own_moves_skfolio": rows(
            sk.GerberCovariance(threshold=0.3, psd_variant=False, nearest=False, window_size=None).fit(x).covariance_
        ),
    }


def implied(x, implied_annual):
    daily = np.round(implied_annual.to_numpy() / np.sqrt(252), 6)
    prior = {"prior_covariance_estimator": PLAIN, "nearest": False}
    given = sk.ImpliedCovariance(volatility_risk_premium_adj=1.0, annualization_factor=1, **prior)
    fitted = sk.ImpliedCovariance(window_size=20, annualization_factor=1, **prior)
    return {
        "implied": rows(daily),
        "given": rows(given.fit(x.to_numpy(), implied_vol=daily).covariance_),
        "forecast": rows(fitted.fit(x.to_numpy(), implied_vol=daily).pred_realised_vols_),
    }


def regime(x):
    def of(**options):
        fit = sk.RegimeAdjustedEWCovariance(nearest=False, **options).fit(x)
        return {"covariance": rows(fit.covariance_), "multiplier": float(fit.regime_multiplier_)}

    return {"40": of(half_life=40), "60_5": of(half_life=60, regime_half_life=5)}


def covariances(x, implied_annual):
    return {
        "semi": rows(risk_models.semicovariance(x, returns_data=True, benchmark=2e-4, frequency=1)),
        "single_factor": single_factor(x),
        "oas": {"covariance": rows(OAS().fit(x).covariance_), "shrinkage": float(OAS().fit(x).shrinkage_)},
        "shrunk": rows(ShrunkCovariance(shrinkage=0.25).fit(x).covariance_),
        "denoised": denoised(x),
        "gerber": gerber(x),
        "graphical_lasso": lasso(x, 0.2),
        "minimum_determinant": robust(x),
        "logo": rows(ParamsEstimation.covar_matrix(x, method="jlogo")),
        "implied": implied(x, implied_annual),
        "regime": regime(x),
    }


def factor_models(x, factors):
    def model(stepwise):
        _, covariance, _, loadings, _, _ = rp.risk_factors(
            factors, x, feature_selection="stepwise", stepwise=stepwise, threshold=0.05
        )
        loadings = loadings.reindex(columns=["const", *factors.columns])
        return {"loadings": rows(loadings), "covariance": rows(covariance)}

    scaled = StandardScaler().fit_transform(x)
    explained = PCA(n_components=0.75).fit(scaled)
    full = {name: sm.OLS(x[name], sm.add_constant(factors)).fit() for name in x.columns}
    return {
        "all": {
            "loadings": [rows(fit.params) for fit in full.values()],
            "specific": [float(fit.ssr) / (len(x) - 1) for fit in full.values()],
        },
        "forward": model("Forward"),
        "backward": model("Backward"),
        "pca": {
            "count": int(explained.n_components_),
            "variances": rows(explained.explained_variance_ * (len(x) - 1) / len(x)),
            "components": rows(explained.components_),
            "above_noise": int((np.linalg.eigvalsh(x.tail(200).corr()) > noise_bound(x.tail(200))).sum()),
        },
        "cross_section": cross_section(x),
    }


def cross_section(x):
    """Volatility and momentum of the 40 days before, and a market, on 60 days of 12 symbols."""
    days, k = range(len(x) - 60, len(x)), 3
    exposures, weights = np.full((60, 12, k), np.nan), np.ones((60, 12))
    for place, day in enumerate(days):
        past = x.iloc[day - 40 : day]
        volatility, momentum = past.std().to_numpy(), past.sum().to_numpy()
        exposures[place] = np.column_stack([np.ones(12), 50 * volatility, 5 * momentum]).round(6)
        weights[place] = (1 / volatility).round(3)
        if place < 20:
            exposures[place, 11] = np.nan
    response = x.iloc[days].to_numpy()
    earned, residuals = np.empty((60, k)), np.full((60, 12), np.nan)
    for place in range(60):
        here = np.isfinite(exposures[place]).all(axis=1)
        fit = sm.WLS(response[place][here], exposures[place][here], weights=weights[place][here]).fit()
        earned[place], residuals[place][here] = fit.params, fit.resid
    specific = np.nanmean(residuals**2, axis=0)
    newest = exposures[-1]
    return {
        "exposures": [[[None if np.isnan(v) else v for v in s] for s in d] for d in exposures.tolist()],
        "weights": rows(weights),
        "factor_returns": rows(earned),
        "covariance": rows(newest @ np.cov(earned, rowvar=False) @ newest.T + np.diag(specific)),
    }


def comoments(x):
    four = x.iloc[:, :4]
    cf = ParamsEstimation.cf
    return {
        "coskewness": rows(cf.coskewness_matrix(four)),
        "semi_coskewness": rows(cf.semi_coskewness_matrix(four)),
        "cokurtosis": rows(cf.cokurtosis_matrix(four)),
        "semi_cokurtosis": rows(cf.semi_cokurtosis_matrix(four)),
    }


def nearest(x):
    """The nearest correlation by Clarabel, of a correlation with every third entry turned."""
    broken = x.corr().to_numpy()[:6, :6].round(6)
    for i in range(6):
        for j in range(i):
            if (i + j) % 3 == 0:
                broken[i, j] = broken[j, i] = -0.8
    y = cp.Variable((6, 6), PSD=True)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(y - broken)), [cp.diag(y) == 1])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13)
    return {"broken": rows(broken), "correlation": rows(y.value)}


def gaps(x):
    """The first 40 returns of one symbol, the last 30 of another, and every seventh of a third."""
    values = x.iloc[:, :5].copy()
    values.iloc[:40, 1] = np.nan
    values.iloc[-30:, 2] = np.nan
    values.iloc[::7, 3] = np.nan
    return {
        "returns": [[None if np.isnan(v) else v for v in row] for row in values.to_numpy().tolist()],
        "mean": rows(values.mean()),
        "covariance": rows(values.cov(min_periods=60)),
        "counts": values.count().tolist(),
    }


def evaluation(x):
    """Forecasts from 60 days for the 5 that follow, 20 times; the covariance is the sample's."""
    weights = np.arange(1, 7) / 21
    steps = []
    for start in range(60, 160, 5):
        past, next_ = x.iloc[start - 60 : start, :6], x.iloc[start : start + 5, :6]
        fit = sk.EmpiricalCovariance(nearest=False, window_size=None).fit(past)
        summed = next_.to_numpy().sum(axis=0)
        variance = 5 * weights @ fit.covariance_ @ weights
        steps.append(
            {
                "mahalanobis_ratio": float(mahalanobis_calibration_ratio(fit, next_)),
                "diagonal": float(diagonal_calibration_ratio(fit, next_)),
                "qlike": float(portfolio_variance_qlike_loss(fit, next_, portfolio_weights=weights)),
                "qlike_inverse_volatility": float(portfolio_variance_qlike_loss(fit, next_)),
                "standardised": float(weights @ summed / np.sqrt(variance)),
            }
        )
    return {"weights": rows(weights), "steps": steps}


def main(prices, implied_vol):
    x = window(prices, NAMES, "2019-12-31", 253).pct_change().iloc[1:].round(6)
    factors = window(prices, FACTORS, "2019-12-31", 253).pct_change().iloc[1:].round(6)
    implied_annual = window(implied_vol, NAMES, "2019-12-31", 252)
    assert (implied_annual.index == x.index).all()
    out = {
        "versions": {name: version(name) for name in PACKAGES},
        "symbols": NAMES,
        "returns": rows(x),
        "factors": rows(factors),
        "means": means(x),
        "covariances": covariances(x, implied_annual),
        "factor_models": factor_models(x, factors),
        "comoments": comoments(x),
        "nearest": nearest(x),
        "gaps": gaps(x),
        "evaluation": evaluation(x),
    }
    entries = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in out.items())
    (HERE / "estimators.json").write_text("{\n" + ",\n".join(entries) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
