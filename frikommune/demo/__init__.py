"""A small synthetic register: series of the 98 municipalities in which the trials did nothing.

It stands in where no data room is given, and every page made from it says so.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.municipalities import municipalities
from frikommune.schema import MUNICIPAL

_YEARS = range(2012, 2022)
_PERSISTENCE = 0.9  # of a municipality's shocks from one quarter to the next
_SEED = 2017


def municipal() -> pd.DataFrame:
    """Make the `municipal` table: employees and social assistance by quarter, unemployment by year, no effect at all.

    Returns:
        One row a municipality, period and indicator, in the raw units of the official tables (persons, percent).
    """
    rng = np.random.default_rng(_SEED)
    quarters = [f"{year}Q{quarter}" for year in _YEARS for quarter in range(1, 5)]
    people = np.array([each.population for each in municipalities().values()], dtype=float)
    cycle = np.linspace(-1, 1, len(quarters))
    season = np.tile([-0.5, 0.3, 0.5, -0.3], len(_YEARS))
    employees = people[:, None] * 0.38 * np.exp(0.04 * cycle + 0.01 * season + _shocks(rng, 0.006, len(quarters)))
    assistance = people[:, None] * 0.004 * np.exp(-0.2 * cycle - 0.05 * season + _shocks(rng, 0.08, len(quarters)))
    unemployment = 4.3 * np.exp(-0.15 * cycle + _shocks(rng, 0.05, len(quarters)))
    years = unemployment.reshape(len(people), len(_YEARS), 4).mean(axis=2)
    return pd.concat(
        [
            _long("employees", np.round(employees), quarters),
            _long("social_assistance", rng.poisson(assistance).astype(float), quarters),
            _long("unemployment", np.round(years, 2), [str(year) for year in _YEARS]),
        ],
        ignore_index=True,
    )


def _shocks(rng: np.random.Generator, size: float, periods: int) -> NDArray[np.float64]:
    """Draw a level, and AR(1) shocks of the municipality and of its region [municipalities x periods]."""
    regions = [each.region for each in municipalities().values()]
    names = sorted(set(regions))
    shared = _autoregressive(rng, size / 2, (len(names), periods))
    own = _autoregressive(rng, size, (len(regions), periods))
    level = rng.normal(0, 10 * size, (len(regions), 1))
    return level + own + shared[[names.index(region) for region in regions]]


def _autoregressive(rng: np.random.Generator, size: float, shape: tuple[int, int]) -> NDArray[np.float64]:
    steps = rng.normal(0, size, shape)
    steps[:, 1:] *= np.sqrt(1 - _PERSISTENCE**2)
    for at in range(1, shape[1]):
        steps[:, at] += _PERSISTENCE * steps[:, at - 1]
    return steps


def _long(indicator: str, values: NDArray[np.float64], periods: list[str]) -> pd.DataFrame:
    codes = list(municipalities())
    rows = pd.DataFrame(values, index=codes, columns=periods).stack().reset_index()
    rows.columns = pd.Index(["kommune_kode", "period", "value"])
    return rows.assign(indicator=indicator)[list(MUNICIPAL)]
