"""What several tests need: a small panel with a known answer, and the real series where they are there."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune import Panel
from frikommune.municipalities import municipalities

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


def municipal_panel(
    codes: Sequence[int], treated: Collection[int], *, shared: float = 0.0, effect: float = 0.0, seed: int = 1
) -> Panel:
    """Make a panel of municipalities of their real sizes, whose provinces share a shock, with an effect in period 5."""
    rng = np.random.default_rng(seed)
    known = municipalities()
    names = sorted({each.province for each in known.values()})
    province = np.array([names.index(known[code].province) for code in codes])
    values = rng.normal(size=(len(codes), 8)) + shared * rng.normal(size=(len(names), 8))[province]
    starts = np.where(np.isin(codes, list(treated)), 5, 8)
    values[starts == 5, 5:] += effect
    people = np.repeat([[float(known[code].population)] for code in codes], 8, axis=1)
    return Panel(values, people, np.full(values.shape, np.nan), tuple(codes), tuple(range(8)), starts)
