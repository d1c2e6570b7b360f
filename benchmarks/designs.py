"""Measure the designs and their placebos on 98 municipalities over 96 months, beside other packages in the same run.

    python benchmarks/designs.py

Writes `benchmarks/designs.md`. Peers that are not installed are left out, and named.
"""

import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from frikommune import Panel, did, event_study, placebo, sdid, simultaneous_band, synth
from frikommune.inference import draw_sets

UNITS, PERIODS, START, TREATED, DRAWS = 98, 96, 48, 11, 9999
LOOPED = 300
HERE = Path(__file__).parent


def main() -> None:
    """Measure, print the table and write it."""
    load = os.getloadavg()[0]
    rows = [*difference_rows(), *synthetic_rows()]
    text = "\n".join(
        [
            "# Designs: speed",
            "",
            f"{UNITS} units x {PERIODS} periods, random walks; load {load:.1f} on {os.cpu_count()} cores at the start.",
            f"It is {os.getloadavg()[0]:.1f} at the end. Above the number of cores a run waits for others: what it",
            "needs itself is its processor time, all threads together.",
            "",
            "| what | seconds | of them processor time | times as long, by seconds | by processor time |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
            "Made by `benchmarks/designs.py`: medians of ours; peers once, those marked * from fewer replications.",
        ]
    )
    print(text)
    (HERE / "designs.md").write_text(f"{text}\n", encoding="utf-8")


def difference_rows() -> list[str]:
    """Return the rows of difference-in-differences and event study."""
    panel = made_panel(TREATED)
    design = did(panel, weights="units").design
    sets = draw_sets(UNITS, TREATED, draws=LOOPED, seed=1)
    ours = timed(lambda: placebo(did(panel, weights="units"), draws=DRAWS, pool="all"))
    chosen = draw_sets(UNITS, TREATED, draws=DRAWS, seed=1)
    starts = np.full(TREATED, START)
    replays = timed(lambda: design.replay(panel, chosen, starts))
    loop = timed(lambda: [design(panel.treating(each, START)) for each in sets.tolist()], runs=1).times(DRAWS / LOOPED)
    path = timed(lambda: simultaneous_band(event_study(panel, weights="units"), draws=DRAWS), runs=1)
    return [
        row(f"`did` and `placebo`, {DRAWS:,} replays, {TREATED} treated", ours),
        row("of which the replays", replays),
        row("the same design called in a loop *", loop, ours),
        peer("pyfixest", f"pyfixest `ritest` (without numba), {DRAWS:,} replications *", lambda: ritest(panel), ours),
        row(f"`event_study` and its band from {DRAWS:,} placebo paths", path),
    ]


def synthetic_rows() -> list[str]:
    """Return the rows of synthetic control and synthetic difference-in-differences."""
    one = made_panel(TREATED).take(np.arange(UNITS) >= TREATED - 1)
    several = made_panel(TREATED)
    spare, sets = several.take(~several.treated), draw_sets(UNITS - TREATED, TREATED, draws=LOOPED, seed=1)
    design, starts = sdid(several).design, np.full(TREATED, START)
    ours = timed(lambda: placebo(sdid(one)), runs=3)
    control = timed(lambda: placebo(synth(one)), runs=3)
    each = timed(lambda: design.replay(spare, sets, starts), runs=1).times(1000 / LOOPED)
    return [
        row("`sdid` and all 87 single-municipality placebos", ours),
        peer("diff_diff", "diff-diff `SyntheticDiD`, 87 placebos", lambda: diff_diff(one), ours),
        row("`synth` and all 87 single-municipality placebos", control),
        peer("pysyncon", "pysyncon `Synth`, 87 placebos *", lambda: pysyncon(one), control),
        row(f"`sdid`, 1,000 placebo sets of {TREATED} *", each),
    ]


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took.

    Attributes:
        seconds: By the clock on the wall.
        processor: Of this process, all threads together [seconds].
    """

    seconds: float
    processor: float

    def times(self, factor: float) -> "Took":
        """Return how long it takes so many times over."""
        return Took(self.seconds * factor, self.processor * factor)


def row(what: str, took: Took, ours: Took | None = None) -> str:
    """Return one row of the table."""
    cells = f"| {what} | {took.seconds:.3g} | {took.processor:.3g} |"
    if ours is None:
        return f"{cells} | |"
    return f"{cells} {took.seconds / ours.seconds:,.0f} | {took.processor / ours.processor:,.0f} |"


def peer(package: str, what: str, work: Callable[[], Took], ours: Took) -> str:
    """Return the row of another package, or one that says it is not there."""
    if find_spec(package) is None:
        return f"| {what} | not installed | | | |"
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        took = work()
    return row(what, took, ours)


def ritest(panel: Panel, reps: int = 99) -> Took:
    """Return how long pyfixest takes for its randomisation inference [scaled to all draws].

    It draws the treatment anew for each row: it cannot give whole units a start, which would take it no less. Its other
    algorithm, which needs numba, ends with a singular matrix on this panel in version 0.60.
    """
    frame = long(panel)
    fitted = import_module("pyfixest").feols("y ~ on | unit+period", frame)
    how = {"type": "randomization-c", "choose_algorithm": "slow", "rng": np.random.default_rng(1)}
    return timed(lambda: fitted.ritest(resampvar="on", reps=reps, **how), runs=1).times(DRAWS / reps)


def diff_diff(panel: Panel) -> Took:
    """Return how long diff-diff takes for the estimate and 87 placebos."""
    design = import_module("diff_diff").SyntheticDiD(variance_method="placebo", n_bootstrap=87, seed=1)
    frame = long(panel)
    after = list(range(START, PERIODS))
    columns = {"outcome": "y", "treatment": "treated", "unit": "unit", "time": "period"}
    return timed(lambda: design.fit(frame, **columns, post_periods=after), runs=1)


def pysyncon(panel: Panel, fits: int = 3) -> Took:
    """Return how long pysyncon takes for 88 fits on every outcome before [from three]."""
    frame = long(panel)
    return timed(lambda: [one_pysyncon(panel, frame, unit) for unit in panel.units[:fits]], runs=1).times(
        len(panel.units) / fits
    )


def one_pysyncon(panel: Panel, frame: pd.DataFrame, unit: object) -> None:
    """Fit one synthetic control on every outcome before, by pysyncon."""
    package, before = import_module("pysyncon"), range(START)
    prepared = package.Dataprep(
        foo=frame,
        predictors=[],
        predictors_op="mean",
        time_predictors_prior=before,
        dependent="y",
        unit_variable="unit",
        time_variable="period",
        treatment_identifier=unit,
        controls_identifier=[other for other in panel.units if other != unit],
        time_optimize_ssr=before,
        special_predictors=[("y", [period], "mean") for period in before],
    )
    package.Synth().fit(dataprep=prepared, custom_V=np.full(START, 1 / START))


def long(panel: Panel) -> pd.DataFrame:
    """Return the panel with one row a unit and period."""
    frame = pd.DataFrame(panel.Y, index=panel.units, columns=panel.periods).stack().reset_index()
    frame.columns = pd.Index(["unit", "period", "y"])
    frame["treated"] = frame["unit"].map(dict(zip(panel.units, panel.treated.astype(int), strict=True)))
    return frame.assign(on=frame["treated"] * (frame["period"] >= START))


def made_panel(treated: int) -> Panel:
    """Make a panel of random walks around a level."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(UNITS, PERIODS)).cumsum(axis=1) + 10 * rng.normal(size=(UNITS, 1))
    empty = np.full(values.shape, np.nan)
    start = np.where(np.arange(UNITS) < treated, START, PERIODS)
    return Panel(Y=values, n=empty, var=empty, units=tuple(range(UNITS)), periods=tuple(range(PERIODS)), start=start)


def timed(work: Callable[[], object], *, runs: int = 7) -> Took:
    """Return the median time of some runs."""
    seconds, processor = [], []
    for _ in range(runs):
        began, begun = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - begun)
    return Took(median(seconds), median(processor))


if __name__ == "__main__":
    main()
