"""Expected values of the feature language, computed by pandas.

    python generate.py PRICES.parquet

reads the wide table of adjusted closes (column `date`, one column for each symbol) and writes, beside
this file, `panel.csv` (the excerpt that both sides compute on) and `expected.csv` (expression, row,
symbol, value). The closes are real (skfolio 1.12.2, `sp500_dataset`, from Yahoo Finance); three of them are made unknown on purpose, and two are made equal
to their neighbours, so that gaps and ties are covered. `other` is a second series made of the
first, so that no volume is needed.

Every value is computed from its definition on the bare window, not by pandas' streaming updates.
Windows that are not full give no value (min_periods = window).
"""

import pathlib
import sys

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
SYMBOLS = ["AAPL", "BAC", "KO", "PFE", "XOM"]
FIRST, ROWS = "2008-09-02", 90
SAMPLED = [4, 30, 31, 59, 60, 88, 89]


def excerpt(path):
    table = pd.read_parquet(path)
    table["date"] = pd.to_datetime(table["date"])
    close = table.set_index("date").loc[FIRST:, SYMBOLS].iloc[:ROWS].astype(float)
    close.iloc[12, 1] = np.nan
    close.iloc[62, 2] = np.nan
    close.iloc[89, 4] = np.nan
    close.iloc[58, 0] = close.iloc[57, 0]
    close.iloc[59, 0] = close.iloc[57, 0]
    return close


def rolling(x, n, f):
    return x.rolling(n, min_periods=n).apply(f, raw=False)


def rolling_pair(x, y, n, f):
    out = x * np.nan
    for symbol in x:
        for end in range(n, len(x) + 1):
            a, b = x[symbol].iloc[end - n : end], y[symbol].iloc[end - n : end]
            if a.notna().all() and b.notna().all():
                out.loc[x.index[end - 1], symbol] = f(a, b)
    return out


def line(w):
    return np.polyfit(np.arange(len(w)), w.to_numpy() - w.iloc[-1], 1)


def resid(w):
    slope, start = line(w)
    return -(start + slope * (len(w) - 1))


def rsquare(w):
    return np.corrcoef(np.arange(len(w)), w.to_numpy())[0, 1] ** 2


def decay(w):
    weights = np.arange(1, len(w) + 1)
    return np.average(w, weights=weights)


def clipped(row, q):
    return row.clip(row.quantile(q), row.quantile(1 - q))


def across(x, f):
    """The row's statistic, given to every symbol."""
    return pd.DataFrame({s: f(x) for s in x}, index=x.index)


def expected(close, other):
    r = close / close.shift(1) - 1
    market = across(r, lambda x: x.mean(axis=1))
    zscore = r.sub(r.mean(axis=1), axis=0).div(r.std(axis=1), axis=0)
    return {
        "shift(close, 3)": close.shift(3),
        "delta(close, 5)": close.diff(5),
        "return(close, 1)": r,
        "return(close, 10)": close.pct_change(10, fill_method=None),
        "log_return(close, 4)": np.log(close).diff(4),
        "sum(close, 7)": rolling(close, 7, np.sum),
        "mean(close, 5) / close - 1": rolling(close, 5, np.mean) / close - 1,
        "mean(close, 25)": rolling(close, 25, np.mean),
        "std(return(close, 1), 20)": rolling(r, 20, lambda w: w.std(ddof=1)),
        "var(close, 11)": rolling(close, 11, lambda w: w.var(ddof=1)),
        "skew(return(close, 1), 21)": rolling(r, 21, lambda w: w.skew()),
        "skew(close, 3)": rolling(close, 3, lambda w: w.skew()),
        "kurt(return(close, 1), 21)": rolling(r, 21, lambda w: w.kurt()),
        "kurt(close, 5)": rolling(close, 5, lambda w: w.kurt()),
        "max(close, 15)": rolling(close, 15, np.max),
        "min(close, 15)": rolling(close, 15, np.min),
        "median(close, 6)": rolling(close, 6, lambda w: w.median()),
        "median(close, 7)": rolling(close, 7, lambda w: w.median()),
        "quantile(close, 20, 0.2)": rolling(close, 20, lambda w: w.quantile(0.2)),
        "quantile(close, 9, 0.83)": rolling(close, 9, lambda w: w.quantile(0.83)),
        "ts_rank(close, 10)": rolling(close, 10, lambda w: w.rank(pct=True).iloc[-1]),
        "argmax(close, 10)": rolling(close, 10, lambda w: np.argmax(w.to_numpy()[::-1])),
        "argmin(close, 10)": rolling(close, 10, lambda w: np.argmin(w.to_numpy()[::-1])),
        "count(return(close, 1) > 0, 12)": rolling((r > 0).astype(float).where(r.notna()), 12, np.sum),
        "drawdown(close, 30)": close / rolling(close, 30, np.max) - 1,
        "ts_zscore(close, 14)": (close - rolling(close, 14, np.mean)) / rolling(close, 14, lambda w: w.std()),
        "decay_linear(close, 8)": rolling(close, 8, decay),
        "ema(close, 6)": rolling(close, 24, lambda w: w.ewm(span=6, adjust=True).mean().iloc[-1]),
        "slope(close, 13)": rolling(close, 13, lambda w: line(w)[0]),
        "rsquare(close, 13)": rolling(close, 13, rsquare),
        "resid(close, 13)": rolling(close, 13, resid),
        "corr(close, other, 18)": rolling_pair(close, other, 18, lambda a, b: a.corr(b)),
        "cov(close, other, 18)": rolling_pair(close, other, 18, lambda a, b: a.cov(b)),
        "beta(return(close, 1), xs_mean(return(close, 1)), 25)": rolling_pair(
            r, market, 25, lambda a, b: a.cov(b) / b.var()
        ),
        "rank(return(close, 1))": r.rank(axis=1, pct=True),
        "rank(sign(return(close, 1)))": np.sign(r).rank(axis=1, pct=True),
        "zscore(return(close, 1))": zscore,
        "demean(return(close, 1))": r.sub(r.mean(axis=1), axis=0),
        "scale(return(close, 1))": r.div(r.abs().sum(axis=1), axis=0),
        "winsorize(return(close, 1), 0.2)": r.apply(lambda row: clipped(row, 0.2), axis=1),
        "xs_std(return(close, 1))": across(r, lambda x: x.std(axis=1)),
        "xs_median(return(close, 1))": across(r, lambda x: x.median(axis=1)),
        "xs_sum(return(close, 1))": across(r, lambda x: x.sum(axis=1, min_count=1)),
        "shift(close, -21) / close - 1": close.shift(-21) / close - 1,
    }


def main():
    close = excerpt(sys.argv[1])
    other = np.sqrt(close) + np.sin(np.arange(len(close)))[:, None]
    panel = pd.concat({"close": close, "other": other}, axis=1).stack(level=1, future_stack=True)
    panel.index.names = ["date", "symbol"]
    panel.to_csv(HERE / "panel.csv", float_format="%.17g", date_format="%Y-%m-%d", lineterminator="\n")
    with open(HERE / "expected.csv", "w", newline="\n") as out:
        out.write(f"# pandas {pd.__version__}, numpy {np.__version__}; see generate.py\n")
        out.write("expression;row;symbol;value\n")
        for expression, values in expected(close, other).items():
            for row in SAMPLED:
                for symbol in SYMBOLS:
                    value = values[symbol].iloc[row]
                    text = "" if pd.isna(value) else f"{value:.17g}"
                    out.write(f"{expression};{row};{symbol};{text}\n")


main()
