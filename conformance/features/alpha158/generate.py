"""Expected values of Alpha158 and of Qlib's operators, computed by Qlib itself.

    python generate.py ../../../examples/data/lean_daily_raw.parquet

writes, beside this file, `panel.csv.gz` (the excerpt that both sides compute on), `expected.csv.gz`
(Alpha158: one line for each day and symbol) and `operators.csv.gz` (expression;row;symbol;value).

Qlib keeps prices in 32-bit files and computes elementwise operators in 32 bits from there. So that
rounding does not hide a difference of meaning, its feature provider is replaced by one that hands
out the same numbers in 64 bits; the operators, the expression engine and the formulae are Qlib's.
The excerpt has a symbol that is listed late and one with a gap of three days. `vwap` is not in the
data: it is made as (high + low + close) / 3. `Corr` and `Cov` over 0 rows are not asked: Qlib 0.9.7
refuses them with an index of infinity.
"""

import pathlib
import sys
import tempfile

import numpy as np
import pandas as pd
import qlib
from qlib.config import REG_US
from qlib.contrib.data.loader import Alpha158DL
from qlib.data import D
from qlib.data.data import LocalFeatureProvider

HERE = pathlib.Path(__file__).parent
FIELDS = ["open", "high", "low", "close", "vwap", "volume"]
ROWS = 200
OPERATORS = [
    f"{name}($close, {n})"
    for name in ["Sum", "Mean", "Count", "Var", "Std", "Skew", "Kurt", "Max", "Min", "Med", "Mad", "Rank", "Slope", "Rsquare", "Resi", "IdxMax", "IdxMin"]
    for n in (7, 0)
] + [
    "EMA($close, 9)", "Ref($close, 3)", "Delta($close, 4)", "Quantile($close, 11, 0.3)",
    "Quantile($close, 0, 0.9)", "Corr($close, $volume, 12)",
    "Cov($close, $open, 12)", "WMA($close, 6)", "Power($close, 1.5)", "Sign($close-$open)",
    "Log($volume)", "Abs($open-$close)", "Greater($open, $close)", "Less($open, $close)",
    "If($close>$open, $high, $low)", "Gt($close, $open)", "Ge($close, $open)", "Lt($close, $open)",
    "Le($close, $open)", "Eq($close, $open)", "Ne($close, $open)", "And(Gt($close, $open), Gt($high, $close))",
    "Or(Gt($close, $open), Gt($high, $close))", "Not(Gt($close, $open))", "Add($close, $open)",
    "Sub($close, $open)", "Mul($close, $open)", "Div($close, $open)",
]
SAMPLED = [0, 1, 2, 5, 40, 59, 60, 61, 62, 63, 64, 65, 66, 67, 70, 75, 90, 120, 150, 199]
TABLES = {}


class Exact(LocalFeatureProvider):
    """The numbers of the tables, in 64 bits."""

    def feature(self, instrument, field, start_index, end_index, freq):
        series = TABLES[str(instrument).upper()][str(field)[1:]]
        return series.loc[start_index:end_index]


def excerpt(path):
    table = pd.read_parquet(path)
    table["date"] = pd.to_datetime(table["date"])
    table["vwap"] = (table.high + table.low + table.close) / 3
    wide = {field: table.pivot(index="date", columns="symbol", values=field) for field in FIELDS}
    close = wide["close"]
    window = close.index[close.index >= "2012-01-03"][:ROWS]
    symbols = [s for s in close if close[s].reindex(window).notna().all()][:4]
    wide = {field: values.loc[window, symbols].astype(float) for field, values in wide.items()}
    for values in wide.values():
        values.iloc[:40, 1] = np.nan
        values.iloc[60:63, 2] = np.nan
    wide["close"].iloc[100:130, 3] = wide["close"].iloc[100, 3]
    return wide, symbols, window


def folder(symbols, window):
    home = pathlib.Path(tempfile.mkdtemp())
    (home / "calendars").mkdir()
    (home / "instruments").mkdir()
    days = [day.strftime("%Y-%m-%d") for day in window]
    (home / "calendars" / "day.txt").write_text("\n".join(days) + "\n")
    lines = [f"{s.upper()}\t{days[0]}\t{days[-1]}" for s in symbols]
    (home / "instruments" / "all.txt").write_text("\n".join(lines) + "\n")
    return home


def asked(symbols, fields, window):
    values = D.features([s.upper() for s in symbols], fields, window[0], window[-1], disk_cache=0)
    return values.astype(float)


def main():
    wide, symbols, window = excerpt(sys.argv[1])
    for symbol in symbols:
        columns = {field: values[symbol].reset_index(drop=True) for field, values in wide.items()}
        listed = columns["close"].first_valid_index()
        TABLES[symbol.upper()] = {field: column.loc[listed:] for field, column in columns.items()}
    qlib.init(
        provider_uri=str(folder(symbols, window)),
        region=REG_US,
        kernels=1,
        expression_cache=None,
        dataset_cache=None,
        feature_provider={"class": Exact, "kwargs": {}},
    )
    panel = pd.concat(wide, axis=1).stack(level=1, future_stack=True)[FIELDS]
    panel.index.names = ["date", "symbol"]
    write(panel.reset_index(), "panel.csv.gz")

    fields, names = Alpha158DL.get_feature_config()
    alpha = asked(symbols, fields, window)
    alpha.columns = names
    alpha = alpha.reset_index().rename(columns={"instrument": "symbol", "datetime": "date"})
    days = {day: index for index, day in enumerate(window)}
    alpha = alpha[alpha.date.map(days).map(lambda row: row in SAMPLED or row % 10 == 0)]
    write(alpha[["date", "symbol", *names]], "expected.csv.gz", digits=12)

    long = []
    for expression in OPERATORS:
        values = asked(symbols, [expression], window).iloc[:, 0].unstack(level=0)
        for row in SAMPLED:
            for symbol in symbols:
                if window[row] in values.index:
                    value = values.loc[window[row], symbol.upper()]
                    long.append((expression.replace(";", ","), row, symbol, value))
    long = pd.DataFrame(long, columns=["expression", "row", "symbol", "value"])
    write(long, "operators.csv.gz", sep=";", digits=15)


def write(table, name, sep=",", digits=17):
    table.to_csv(
        HERE / name, index=False, sep=sep, float_format=f"%.{digits}g", date_format="%Y-%m-%d",
        lineterminator="\n", compression={"method": "gzip", "mtime": 1},
    )


if __name__ == "__main__":
    main()
