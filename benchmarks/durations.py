"""Whether restricted weeks find what a trial did, and how wrong finished spells are: python durations.py N.

N countries, the network at full size and the rest at a fifth. In each the certificate waiver makes sick-leave spells
longer; who it is used for is left to chance. The data end with 2019, so that late spells are cut short. Written to
durations.md beside this file.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from frikommune import did, infer, load_trials, starts_of
from frikommune.calendar import contaminated, days_of
from frikommune.cells import RiskTable
from frikommune.demo import Effect, country, load_effects
from frikommune.demo.benefits import EXITS, RUNNING, benefits
from frikommune.demo.calibration import calibrated
from frikommune.demo.people import People, people, pools
from frikommune.demo.plans import adoption_table, plans
from frikommune.demo.spells import Spells, first_onsets, follow
from frikommune.demo.truth import Truth, truth_table
from frikommune.demo.weeks import HORIZON, days, week_after
from frikommune.demo.world import World, world
from frikommune.duration import curves, duration_panel, finished_by_theory, finished_mean, restricted_weeks, still_seen
from frikommune.estimate import Estimate
from frikommune.municipalities import municipalities

TRIAL, KIND, WEEKS, TO_WEEK = "laegeattest_sdp", "sick", 52, 104
EFFECTS = {**{key: Effect() for key in load_effects()}, TRIAL: Effect(hazard=0.7)}
PRE, POST = ("2016Q1", "2017Q4"), ("2018Q2", "2018Q4")
LATE = ("2019Q1", "2019Q3")  # spells that the end of the data cuts short
LAST = pd.Timestamp("2019-12-31")


def made(seed: int, rates: np.ndarray) -> tuple[RiskTable, float]:
    """Return the risk table of a country, cut off at the end of 2019, and what the trial did to restricted weeks."""
    about = world(country(seed), EFFECTS, rates=rates)
    leaning = about.leaning.copy()
    leaning[[plan.key for plan in plans()].index(TRIAL)] = 1.0
    about = replace(about, leaning=leaning)
    parts = [lived(about, size, only) for size, only in ((1.0, about.inside), (0.2, ~about.inside))]
    truth = Truth()
    truth.add(about, *parts[0])
    rows = truth_table(truth).set_index(["trial", "measure", "horizon"])
    tables = [table_of(about, *part) for part in parts]
    return tables[0] + tables[1], float(rows.effect[TRIAL, "weeks", f"{WEEKS}w"])


def lived(about: World, size: float, only: np.ndarray) -> tuple[People, Spells]:
    """Make the persons of some municipalities, and their spells."""
    candidates = pools(about, size=size, only=only)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    spells = follow(about, persons, first_onsets(persons), until=HORIZON)
    return persons, spells.take(persons.turned_by[spells.who] < 0)


def table_of(about: World, persons: People, spells: Spells) -> RiskTable:
    """Count sick-leave spells begun from 2016 by municipality and quarter; demo spells begin on Mondays."""
    begun = pd.DatetimeIndex(days(spells.start).astype("datetime64[D]"))
    seen = week_after(LAST.date()) - spells.start
    kept = (spells.kind == list(benefits()).index(KIND)) & (begun >= "2016-01-01") & (seen >= 1)
    some, begun, seen = spells.take(np.flatnonzero(kept)), begun[kept], np.minimum(seen[kept], TO_WEEK)
    keys = pd.DataFrame(
        {
            "unit": about.country.codes[persons.where[some.who]],
            "entry": begun.year.astype(str) + "Q" + begun.quarter.astype(str),
        }
    )
    index, cells = (
        keys.groupby(["unit", "entry"]).ngroup().to_numpy(),
        keys.drop_duplicates().sort_values(["unit", "entry"]),
    )
    out = (some.weeks <= seen) & (some.exit != RUNNING)
    shape = (len(cells), TO_WEEK)
    come, gone = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    left = np.zeros((len(cells), len(EXITS), TO_WEEK), np.int64)
    come[:, 0] = np.bincount(index, minlength=len(cells))
    np.add.at(left, (index[out], some.exit[out], some.weeks[out] - 1), 1)
    np.add.at(gone, (index[~out], seen[~out] - 1), 1)
    followed = {label: max((LAST.date() - days_of(label)[1]).days + 1, 0) // 7 for label in cells["entry"].unique()}
    return RiskTable(
        cells=cells.reset_index(drop=True), entered=come, exits=left, censored=gone, types=tuple(EXITS),
        followed=cells["entry"].map(followed).to_numpy(np.int64), left_out={}, curtailed=0,
    )  # fmt: skip


def effect(table: RiskTable, seed: int, post: tuple[str, str], *, naive: bool = False) -> Estimate:
    """Estimate the effect on restricted weeks, or on the mean over finished spells."""
    found = finished_mean(table) if naive else restricted_weeks(table, weeks=WEEKS)
    panel = duration_panel(found, starts=starts_of(load_trials()[TRIAL], adoption_table(seed)), better="lower")
    return did(panel, PRE, post)


def clean(table: RiskTable) -> RiskTable:
    """Leave out comparison municipalities of the network, and those that held waivers of their own."""
    mine = load_trials()[TRIAL].municipalities
    met = contaminated(TRIAL, days_of(PRE[0])[0], days_of(LATE[1])[1])
    kept = [code in mine or not (municipalities()[code].fk2 or code in met) for code in table.cells["unit"]]
    return table.take(np.array(kept))


def theory(table: RiskTable) -> float:
    """Return what the effect on the mean over finished spells comes to, from the curves of spells begun earlier.

    The late quarters follow the curves of those just before them, which are seen to the horizon; only how long they
    are seen is taken from themselves.
    """
    mine = table.cells["unit"].isin(load_trials()[TRIAL].municipalities).to_numpy()
    entry = table.cells["entry"]

    def mean(which: np.ndarray, law: tuple[str, str], cells: tuple[str, str]) -> float:
        of = table.take(which & entry.between(*law).to_numpy())
        asked = table.take(which & entry.between(*cells).to_numpy()).pooled("entry")
        one = of.pooled("entry")
        whole = one.take(np.array([0]))
        for at in range(1, len(one.cells)):
            whole = _joined(whole, one.take(np.array([at])))
        curve = curves(whole).surviving[0]
        curve = curve[: int(np.isfinite(curve).sum())]
        found = [finished_by_theory(curve, seen[: len(curve) - 1]) for seen in still_seen(asked)]
        return float(np.mean(found))

    change = [mean(which, POST, LATE) - mean(which, PRE, PRE) for which in (mine, ~mine)]
    return change[0] - change[1]


def _joined(one: RiskTable, other: RiskTable) -> RiskTable:
    return one + replace(other, cells=one.cells)


def one(seed: int, rates: np.ndarray) -> dict[str, float]:
    """Return what one country shows."""
    table, truth = made(seed, rates)
    table = clean(table)
    found = effect(table, seed, POST)
    how = infer(found, 999, seed)
    parts = {f"{each.method} covers": float(each.low <= truth <= each.high) for each in how.parts}
    return {
        "truth": truth,
        "estimate": found.value,
        "covers": float(how.low <= truth <= how.high),
        "width": how.high - how.low,
        **parts,
        "finished": effect(table, seed, LATE, naive=True).value,
        "theory": theory(table),
    }


def main() -> None:
    """Write the table."""
    rates = calibrated(country(1), EFFECTS).rates
    rows = pd.DataFrame([one(seed, rates) for seed in range(1, int(sys.argv[1] if sys.argv[1:] else 100) + 1)])
    lines = "\n".join(told(rows)) + "\n"
    Path(__file__).with_suffix(".md").write_text(lines, encoding="utf-8")
    print(lines)


def told(rows: pd.DataFrame) -> list[str]:
    """Return the lines of the table."""
    n = len(rows)

    def share(name: str) -> str:
        p = rows[name].mean()
        return f"{100 * p:.1f} % ({100 * (p * (1 - p) / n) ** 0.5:.1f})"

    def weeks(values: "pd.Series[float]") -> str:
        return f"{values.mean():+.3f} ({values.std() / n**0.5:.3f})"

    parts = [name for name in rows if name.endswith(" covers")]
    head = (
        f"{n} synthetic countries (`python benchmarks/durations.py {n}`); Monte-Carlo errors in parentheses. "
        f"The effect is that on weeks of sick leave within {WEEKS}; entry quarters {POST[0]} to {POST[1]} against "
        f"{PRE[0]} to {PRE[1]}."
    )
    late = f"begun {LATE[0]} to {LATE[1]}"
    return [
        "# Restricted weeks against the mean over finished spells",
        "",
        head,
        "",
        "| what | |",
        "|---|---|",
        f"| true effect [weeks] | {weeks(rows['truth'])} |",
        f"| estimate less truth [weeks] | {weeks(rows['estimate'] - rows['truth'])} |",
        f"| truth inside the 95 % interval of `infer` | {share('covers')} |",
        *[f"| the same, {name.removesuffix(' covers')} alone | {share(name)} |" for name in parts],
        f"| mean width of the interval [weeks] | {rows['width'].mean():.2f} |",
        f"| effect on the mean over finished spells, {late} [weeks] | {weeks(rows['finished'])} |",
        f"| what theory says that it shows [weeks] | {weeks(rows['theory'])} |",
        f"| shown less theory [weeks] | {weeks(rows['finished'] - rows['theory'])} |",
    ]


if __name__ == "__main__":
    main()
