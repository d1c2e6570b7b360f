"""Measure difference-in-differences with 9,999 placebo replays on 98 municipalities over 96 months.

    python benchmarks/designs.py

Writes `benchmarks/designs.md`: the median of seven runs, and what a loop over the same design would take.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from frikommune import Panel, did, placebo
from frikommune.inference import draw_sets

UNITS, PERIODS, TREATED, DRAWS = 98, 96, 11, 9999
LOOPED = 300
HERE = Path(__file__).parent


def main() -> None:
    """Measure, print the table and write it."""
    effect = did(made_panel(), weights="units")
    design = effect.design
    sets = draw_sets(UNITS, TREATED, draws=LOOPED, seed=1)

    def looped() -> None:
        for chosen in sets.tolist():
            design(effect.panel.treating(chosen, 48))

    ours = timed(lambda: placebo(did(effect.panel, weights="units"), draws=DRAWS, pool="all"))
    loop = timed(looped) / LOOPED * DRAWS
    text = "\n".join(
        [
            "# Designs: speed",
            "",
            "| what | seconds |",
            "|---|---|",
            f"| `did` and `placebo` with {DRAWS:,} replays, {UNITS} x {PERIODS}, {TREATED} treated | {ours:.3f} |",
            f"| the same design called {DRAWS:,} times in a loop (from {LOOPED} calls) | {loop:.1f} |",
            "",
            "Made by `benchmarks/designs.py` on 2 cores.",
        ]
    )
    print(text)
    (HERE / "designs.md").write_text(f"{text}\n", encoding="utf-8")


def made_panel() -> Panel:
    """Make a panel of noise."""
    values = np.random.default_rng(1).normal(size=(UNITS, PERIODS))
    empty = np.full(values.shape, np.nan)
    start = np.where(np.arange(UNITS) < TREATED, 48, PERIODS)
    return Panel(Y=values, n=empty, var=empty, units=tuple(range(UNITS)), periods=tuple(range(PERIODS)), start=start)


def timed(work: Callable[[], object]) -> float:
    """Return the median time of seven runs [seconds]."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


if __name__ == "__main__":
    main()
