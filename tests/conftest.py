"""What several tests need: a small panel with a known answer, and the real series where they are there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune import Panel

REAL = Path(__file__).parents[2] / "shared" / "data" / "dst"


@pytest.fixture
def real() -> Path:
    """Return the folder of real official series, which are no part of the project."""
    if not REAL.is_dir():
        pytest.skip("The official series of Statistics Denmark are not beside the project (shared/data/dst).")
    return REAL


def made_panel(
    *, units: int = 12, treated: int = 3, periods: int = 8, start: int = 5, effect: float = 0.0, seed: int = 1
) -> Panel:
    """Make a panel of unit levels, a shared trend and noise, with a constant effect on the first units."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(units, 1)) * 5 + np.arange(periods) + rng.normal(size=(units, periods))
    values[:treated, start:] += effect
    frame = pd.DataFrame(values, index=range(units), columns=range(periods)).stack().reset_index()
    frame.columns = pd.Index(["unit", "period", "y"])
    people = {unit: 10.0 * (1 + unit) for unit in range(units)}
    return Panel.from_frame(
        frame.assign(start=frame["unit"].map(dict.fromkeys(range(treated), start)), n=frame["unit"].map(people)),
        unit="unit",
        period="period",
        outcome="y",
        start="start",
        n="n",
    )


def sizeless(panel: Panel) -> Panel:
    """Return a panel without persons, so that its units count as equally large."""
    return replace(panel, n=np.full(panel.Y.shape, np.nan))
