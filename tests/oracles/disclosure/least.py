"""The least that must be hidden in small tables, by trying every pattern against every table of whole numbers.

Nothing of frikommune is used. A pattern is safe when every hidden cell, over all tables that agree with what is shown
and in which no hidden cell is zero, spans at least the threshold, here 3. What is hidden is weighed by 1 + cells x
count / largest count. Writes least.json: for each table its four cells and the least weight of a safe pattern.
"""

import json
from itertools import product
from pathlib import Path

import numpy as np

THRESHOLD, MOST = 3, 5
ADD = np.array(
    [
        [1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0],
        [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1],
        [1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1],
    ]
)  # fmt: skip


def least(inner: np.ndarray) -> float:
    """Return the least weight of a pattern that is safe for a 2 x 2 table with its totals."""
    true = ADD @ inner
    every = np.array(list(product(range(inner.max() + MOST), repeat=4))) @ ADD.T
    weight = 1 + len(true) * true / true.max()
    small, someone = (true > 0) & (true < THRESHOLD), true > 0
    best = np.inf
    for flags in product((False, True), repeat=9):
        hidden = np.array(flags)
        if (small & ~hidden).any() or (hidden & ~someone).any() or weight[hidden].sum() >= best:
            continue
        fits = (every[:, ~hidden] == true[~hidden]).all(axis=1) & (every[:, hidden] > 0).all(axis=1)
        if not hidden.any() or np.ptp(every[fits][:, hidden], axis=0).min() >= THRESHOLD:
            best = weight[hidden].sum()
    return float(best)


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    tables = [rng.integers(0, 10, 4) for _ in range(40)]
    found = [{"cells": each.tolist(), "least": round(least(each), 9)} for each in tables if each.sum()]
    Path(__file__).with_name("least.json").write_text(json.dumps(found, indent=1) + "\n")
