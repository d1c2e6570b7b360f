"""Kaplan-Meier, Aalen-Johansen and restricted means, cell by cell: scikit-survival."""

from pathlib import Path

import numpy as np
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator
from spell_weeks import spell_weeks


def answer(path: Path) -> dict[str, list]:
    """Return the restricted mean weeks to week 52 and the shares out to self-support by week 26."""
    found: dict[str, list] = {"cell": [], "value": [], "share": []}
    for cell, each in spell_weeks(path).groupby("cell"):
        weeks, exits = each["weeks"].to_numpy(), each["exit"].to_numpy()
        times, surviving = kaplan_meier_estimator(exits > 0, weeks, conf_type="log-log")[:2]
        inside = times < 52
        edges = np.concatenate([[0], times[inside], [52]])
        mean = float((np.diff(edges) * np.concatenate([[1], surviving[inside]])).sum())
        found["cell"].append(cell)
        found["value"].append(mean)
        found["share"].append(_share(exits, weeks))
    return found


def _share(exits: np.ndarray, weeks: np.ndarray) -> float:
    """Return the share out by week 26 by the exit 1; the exits that a cell has are numbered without gaps for it."""
    there = np.unique(exits[exits > 0])
    if not there.size:
        return 0.0
    numbered = np.where(exits > 0, np.searchsorted(there, exits) + 1, 0)
    times, shares = cumulative_incidence_competing_risks(numbered, weeks, var_type="Dinse_Approx")[:2]
    before = np.searchsorted(times, 26, side="right") - 1
    return float(shares[1][before]) if there[0] == 1 and before >= 0 else 0.0
