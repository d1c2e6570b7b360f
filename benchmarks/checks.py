"""Measure the checks: how long they take on 98 x 96, and how often honest bounds exclude an effect that is not there.

    python benchmarks/checks.py

Writes `benchmarks/checks.md`.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from frikommune import (
    Panel,
    did,
    equivalence,
    event_study,
    honest_bounds,
    leave_one_out,
    placebo_in_time,
    specification_curve,
)
from frikommune.checks import Moments
from frikommune.checks.conditional import accepted, cases
from frikommune.joint import placebo_paths
from frikommune.municipalities import municipalities

UNITS, PERIODS, START, TREATED = 98, 96, 60, 11
SAMPLES, DRAWS, BEFORE, AFTER = 100, 499, 12, 8
FEW = [(60, last) for last in (65, 71, 77, 83, 95)]
HERE = Path(__file__).parent


def main() -> None:
    """Measure, print the tables and write them."""
    load = os.getloadavg()[0]
    text = "\n".join(
        [
            "# Checks: speed and false alarms",
            "",
            f"98 municipalities x {PERIODS} periods, the {TREATED} of North Jutland treated, so that scattered and",
            f"contiguous placebos and the shock of the region are asked; load {load:.1f} on {os.cpu_count()} cores.",
            "",
            "| what | seconds |",
            "|---|---:|",
            *speed_rows(),
            "",
            (
                f"Share of {SAMPLES} panels without any effect in which the set excludes zero, by multiple of the "
                f"largest change before; autoregressive noise (0.8), {BEFORE} periods before and {AFTER} after, "
                f"{DRAWS} placebo paths. The paths are parallel, so that every multiple above 0 errs on the safe side."
            ),
            "",
            "| noise | treated | 0 | 0.25 | 1 |",
            "|---|---:|---:|---:|---:|",
            *alarm_rows(),
            "",
            "Made by `benchmarks/checks.py`.",
        ]
    )
    print(text)
    (HERE / "checks.md").write_text(f"{text}\n", encoding="utf-8")


def speed_rows() -> list[str]:
    """Return the rows of how long each check takes."""
    panel = danish_panel(np.random.default_rng(1).normal(size=(UNITS, PERIODS)))
    pools = {str(size): panel.take(panel.treated | (np.arange(UNITS) < size)) for size in (98, 90, 80, 70, 60)}
    path = event_study(panel, (36, 59), (60, 71))
    return [
        row("`specification_curve`, 1,000 specifications x 999 placebos of each kind", lambda: curve(pools)),
        row("the same, 5,000 specifications", lambda: curve(pools, range(5)), warm=False),
        row("`placebo_in_time`, 9,999 placebos", lambda: placebo_in_time(did(panel), (0, 29), (30, 59))),
        row("`leave_one_out`, all 98 units", lambda: leave_one_out(did(panel))),
        row("`equivalence`, 23 points, 9,999 placebo paths", lambda: equivalence(path)),
        row("`honest_bounds`, 23 points before and 12 after, 8 sets and the breakdown", lambda: honest_bounds(path)),
    ]


def curve(pools: dict[str, Panel], gaps: Sequence[int] = (0, 3)) -> object:
    """Return a curve of 500 specifications for each number of periods left out before the start."""
    found = specification_curve(
        pools,
        pre=[(first, 59) for first in range(0, 60, 6)],
        post=[(60, last) for last in (62, 65, 68, 71, 74, 77, 80, 83, 89, 95)] if len(gaps) > 2 else FEW,
        base=["all"],
        anticipation=gaps,
    )
    assert len(found.specifications) == (1000 if len(gaps) == 2 else 5000)
    return found


def alarm_rows() -> list[str]:
    """Return the rows of false alarms."""
    rng = np.random.default_rng(5)
    noises: dict[str, Callable[[], np.ndarray]] = {
        "normal": lambda: rng.normal(size=(UNITS, 40)),
        "t with 3 degrees": lambda: rng.standard_t(3, size=(UNITS, 40)),
    }
    rows = []
    for name, noise in noises.items():
        for treated in (1, 3, TREATED):
            shares = np.mean([alarms(noise(), treated) for _ in range(SAMPLES)], axis=0)
            rows.append(f"| {name} | {treated} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    return rows


def alarms(noise: np.ndarray, treated: int) -> list[bool]:
    """Tell at which multiples zero is excluded."""
    levels = np.zeros(noise.shape)
    for at in range(1, noise.shape[1]):
        levels[:, at] = 0.8 * levels[:, at - 1] + noise[:, at]
    path = event_study(made_panel(levels[:, -BEFORE - AFTER :], treated, BEFORE), weights="units")
    spread = np.cov(placebo_paths(path, DRAWS, 1), rowvar=False)
    moments = Moments(path.values, spread, np.full(AFTER, 1 / AFTER))
    return [not accepted(np.zeros(1), cases(moments, each, 0.95), 0.95)[0] for each in (0.0, 0.25, 1.0)]


def made_panel(values: np.ndarray, treated: int, start: int) -> Panel:
    """Make a panel whose first units are treated from a period on."""
    units, periods = values.shape
    starts = np.where(np.arange(units) < treated, start, periods)
    people = np.repeat(np.arange(1.0, units + 1)[:, None], periods, axis=1)
    return Panel(values, people, np.full(values.shape, np.nan), tuple(range(units)), tuple(range(periods)), starts)


def danish_panel(values: np.ndarray) -> Panel:
    """Make a panel of the municipalities, of which those of North Jutland are treated."""
    about = municipalities().values()
    start = np.array([START if each.region == "Nordjylland" else PERIODS for each in about])
    people = np.repeat([[float(each.population)] for each in about], PERIODS, axis=1)
    return Panel(values, people, np.full(values.shape, np.nan), tuple(municipalities()), tuple(range(PERIODS)), start)


def row(what: str, work: Callable[[], object], *, warm: bool = True) -> str:
    """Return one row of the table of seconds, after one call to warm up."""
    if warm:
        work()
    began = time.perf_counter()
    work()
    return f"| {what} | {time.perf_counter() - began:.2g} |"


if __name__ == "__main__":
    main()
