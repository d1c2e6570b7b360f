"""Kaplan-Meier, Aalen-Johansen and restricted means of every municipality and quarter from one risk table."""

from datetime import date
from pathlib import Path

from frikommune.cells import risk_table
from frikommune.duration import curves


def answer(path: Path) -> dict[str, list]:
    """Return the restricted mean weeks to week 52, its error, and the shares out to self-support by week 26."""
    found = curves(risk_table(path, end_of_data=date(2020, 12, 31), horizon=52, no_cache=True))
    cells = found.table.cells
    names = [f"{unit} {entry}" for unit, entry in zip(cells["unit"], cells["entry"], strict=True)]
    job = found.out[:, found.table.types.index("selvforsorgelse"), 26]
    return {
        "cell": names,
        "value": found.weeks_in[:, 52].tolist(),
        "error": (found.weeks_in_var[:, 52] ** 0.5).tolist(),
        "share": job.tolist(),
    }
