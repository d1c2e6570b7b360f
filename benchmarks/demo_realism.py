"""Hold the series of the synthetic country against the real ones: spread, persistence, and what regions share.

    python benchmarks/demo_realism.py FOLDER of official series

Writes `benchmarks/demo_realism.md`. The real series are the official ones of all 98 municipalities; the synthetic ones
are those of `frikommune demo`, for twenty seeds.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune import open_room
from frikommune.demo import country, municipal_table
from frikommune.errors import BadData
from frikommune.municipalities import municipalities

Floats = NDArray[np.float64]

SEEDS = range(1, 21)
FIRST, LAST = "2012", "2022"
SERIES = {"employees": (1, 4, 8), "social_assistance": (1, 4, 8), "unemployment": (1, 2)}
MEASURES = {
    "level": "mean of the country",
    "between": "spread between municipalities",
    "within": "spread within municipalities",
    "change": "spread of one-year changes",
    "short": "spread of changes from one period to the next",
    "region": "correlation within a region",
    "apart": "correlation between regions",
    "region_change": "correlation of one-year changes within a region",
    "size": "one-year changes of the largest quarter of municipalities, as a share of the smallest quarter's",
    "tails": "kurtosis of one-year changes (3 is normal)",
}
HERE = Path(__file__).parent
HEAD = (
    "# The synthetic country beside the real one",
    "",
    (
        "Logarithms of employees per inhabitant, of net unemployed on social assistance per inhabitant (plus "
        "one person) and of unemployment in percent: 98 municipalities, 2012-2021, quarters (unemployment: years). All "
        "but the first two rows are after municipality and period effects are taken out; autocorrelations are pooled "
        "over municipalities, and correlations are means over pairs. "
        f"Synthetic: mean of {len(SEEDS)} seeds, and the middle 90 %."
    ),
    "",
)
LIMITS = (
    "The sizes in `data/demo_country.toml` were tuned on these very measures, so that agreement shows no more than "
    "that. Beyond them the synthetic country is simpler: shocks know no distance within a region and none beyond it, "
    "levels do not follow the kind of municipality (city, island, commuter belt), and no municipality changes its "
    "practice overnight."
)
CODES = list(municipalities())
REGION = np.array([each.region for each in municipalities().values()])
PEOPLE = np.array([each.population for each in municipalities().values()], dtype=float)


def main() -> None:
    """Measure both, print the table and write it."""
    if len(sys.argv) != 2:
        raise BadData("demo_realism takes one folder: that of the official series.")
    real = open_room(Path(sys.argv[1])).municipal
    made = [municipal_table(country(seed)) for seed in SEEDS]
    rows = [line for series in SERIES for line in compared(series, real, made)]
    differ = [f"* {row.series}: {row.what} ({row.side})" for row in rows if row.side]
    table = ["| series | measure | real | synthetic | middle 90 % of seeds |", "|---|---|---:|---:|---:|"]
    table += [row.line for row in rows]
    note = ["", f"The real figure lies outside the middle 90 % of seeds in {len(differ)} of {len(rows)} rows.", *differ]
    note += ["", LIMITS]
    text = "\n".join([*HEAD, *table, *note, "", "Made by `benchmarks/demo_realism.py`."])
    print(text)
    (HERE / "demo_realism.md").write_text(f"{text}\n", encoding="utf-8")


class Row:
    """One measure of one series, real and synthetic."""

    def __init__(self, series: str, what: str, real: float, made: list[float]) -> None:
        low, high = np.quantile(made, (0.05, 0.95))
        self.series, self.what = series, what
        self.side = "" if low <= real <= high else "the synthetic is " + ("higher" if real < low else "lower")
        self.line = f"| {series} | {what} | {real:.3f} | {np.mean(made):.3f} | {low:.3f} to {high:.3f} |"


def compared(series: str, real: pd.DataFrame, made: list[pd.DataFrame]) -> Iterator[Row]:
    """Measure one series in the real country and in each synthetic one."""
    truth = measures(series, wide(series, real))
    found = [measures(series, wide(series, each)) for each in made]
    for key, value in truth.items():
        yield Row(series, MEASURES.get(key, key), value, [each[key] for each in found])


def wide(series: str, municipal: pd.DataFrame) -> Floats:
    """Return the logarithm of a series [98 x periods]."""
    rows = municipal[(municipal["indicator"] == series) & municipal["period"].between(FIRST, LAST)]
    values = rows.pivot_table(index="kommune_kode", columns="period", values="value").loc[CODES].to_numpy(float)
    if series == "unemployment":
        return np.log(values)
    return np.log((values + (series == "social_assistance")) / PEOPLE[:, None])


def measures(series: str, levels: Floats) -> dict[str, float]:
    """Return every measure of a series [98 x periods]."""
    left = levels - levels.mean(axis=1, keepdims=True) - levels.mean(axis=0) + levels.mean()
    year = 1 if series == "unemployment" else 4
    change = left[:, year:] - left[:, :-year]
    noun = "year" if year == 1 else "quarter"
    found = {"level": levels.mean(), "between": levels.mean(axis=1).std(), "within": left.std(), "change": change.std()}
    if year > 1:
        found["short"] = (left[:, 1:] - left[:, :-1]).std()
    for lag in SERIES[series]:
        found[f"autocorrelation over {lag} {noun}{'s' if lag > 1 else ''}"] = autocorrelation(left, lag)
    found["region"], found["apart"] = shared(left, same=True), shared(left, same=False)
    found["region_change"] = shared(change, same=True)
    order = np.argsort(PEOPLE)
    small, large = change[order[: len(order) // 4]], change[order[-(len(order) // 4) :]]
    found["size"] = large.std() / small.std()
    found["tails"] = (change**4).mean() / (change**2).mean() ** 2
    return {key: float(value) for key, value in found.items()}


def autocorrelation(left: Floats, lag: int) -> float:
    """Return the correlation of what is left with itself some periods later, pooled over municipalities."""
    later, earlier = left[:, lag:], left[:, :-lag]
    return float((later * earlier).sum() / np.sqrt((later**2).sum() * (earlier**2).sum()))


def shared(left: Floats, *, same: bool) -> float:
    """Return the mean correlation of pairs of municipalities of the same region, or of two regions."""
    pairs = (REGION[:, None] == REGION) == same
    pairs &= ~np.eye(len(REGION), dtype=bool)
    return float(np.corrcoef(left)[pairs].mean())


if __name__ == "__main__":
    main()
