"""Time the methods that say how sure an effect is: python benchmarks/inference.py.

Writes `benchmarks/inference.md`: the first and the best of five runs in one process (placebo sets are kept), on 98
municipalities and 96 months. The wild cluster bootstrap starts from the regression, as the passes over the register
that make it are timed elsewhere.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from frikommune import Panel, cross_products, did, infer, least_squares, placebo
from frikommune.inference import clustered, wild_bootstrap
from frikommune.municipalities import municipalities, network

MONTHS, START, RUNS = 96, 60, 5
CODES = tuple(municipalities())
HEAD = (
    "| what | first | best of five | goal |",
    "|---|---:|---:|---|",
)


def main() -> None:
    """Measure every row, print the table and write it."""
    load = os.getloadavg()[0]
    values = np.random.default_rng(1).normal(size=(len(CODES), MONTHS))
    fit = least_squares(
        cross_products(ibis.memtable(long(values)), y="y", x=("effect",), unit="unit", absorb=("month",))
    )
    effect = did(panel(values), weights="units")
    rows = [
        row("wild cluster bootstrap, 99,999 draws, Rademacher", lambda: wild_bootstrap(fit, "effect"), "0.5 s"),
        row(
            "wild cluster bootstrap, 99,999 draws, Webb", lambda: wild_bootstrap(fit, "effect", weights="webb"), "0.5 s"
        ),
        row("wild cluster bootstrap, 99,999 draws, WCU", lambda: wild_bootstrap(fit, "effect", impose=False), "0.5 s"),
        row("CR2 with Satterthwaite degrees of freedom", lambda: clustered(fit, "effect", kind="CR2")),
        row("CR3", lambda: clustered(fit, "effect", kind="CR3")),
        row("scattered placebos, 9,999 draws", lambda: placebo(effect)),
        row("contiguous placebos, 9,999 draws", lambda: placebo(effect, scheme="contiguous")),
        row("`infer`, 9,999 draws", lambda: infer(effect)),
    ]
    head = f"# Inference\n\n98 municipalities, {MONTHS} months, eleven treated; seconds; load {load:.1f}.\n"
    (Path(__file__).parent / "inference.md").write_text("\n".join([head, *HEAD, *rows, ""]), encoding="utf-8")


def row(what: str, task: Callable[[], object], goal: str = "") -> str:
    """Time a task, and set and print its row."""
    took = []
    for _run in range(RUNS):
        began = time.perf_counter()
        task()
        took.append(time.perf_counter() - began)
    line = f"| {what} | {took[0]:.3f} | {min(took):.3f} | {goal} |"
    print(line, flush=True)
    return line


def long(values: np.ndarray) -> pd.DataFrame:
    """Set a panel as a table of municipality and month."""
    unit, month = (each.ravel() for each in np.indices(values.shape))
    treated = np.isin(np.array(CODES)[unit], network())
    return pd.DataFrame(
        {"unit": unit, "month": month, "effect": 1.0 * (treated & (month >= START)), "y": values.ravel()}
    )


def panel(values: np.ndarray) -> Panel:
    """Make a panel in which the network is treated."""
    empty = np.full(values.shape, np.nan)
    never = np.full(len(CODES), MONTHS)
    return Panel(values, empty, empty, CODES, tuple(range(MONTHS)), never).treating(list(network()), START)


if __name__ == "__main__":
    main()
