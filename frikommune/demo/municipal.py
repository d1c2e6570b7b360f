"""The official series of the synthetic country: the table `municipal`, in the raw units of the official tables.

The series follow the same shocks as the register, so that a page and a person-level analysis see one country. No trial
moves them: with a few hundred uses a year none could be seen in a whole municipality.
"""

import numpy as np
import pandas as pd

from frikommune.demo.country import Country
from frikommune.demo.draws import Floats, exponential, generator, normal
from frikommune.schema import contract

# The national norms, as shares of the inhabitants or percent of the labour force, and how a stock answers to its flows.
_EMPLOYEES, _ASSISTANCE, _UNEMPLOYMENT = 0.37, 0.0031, 4.0
_FLOWS = 0.4
# Two countings of a stock share most of their people: this part of the Poisson variance is new.
_NEW = 0.26
_QUARTER, _YEAR = 3, 12


def municipal_table(country: Country) -> pd.DataFrame:
    """Make the official series: employees and social assistance by quarter, unemployment by year, from 2012.

    Args:
        country: The synthetic country.

    Returns:
        Columns of the contract `municipal`; values in persons (employees, social_assistance) and in percent of the
        labour force (unemployment), `n` blank as in the official tables.
    """
    flows = _FLOWS * (country.since_2012("inflow") - country.since_2012("exit"))
    employees = _EMPLOYEES * exponential(_mean(country.since_2012("employment"), _QUARTER))
    assistance = _ASSISTANCE * exponential(_mean(flows + country.since_2012("assistance"), _QUARTER))
    unemployment = _UNEMPLOYMENT * _mean(exponential(flows + country.since_2012("unemployment")), _YEAR)
    frames = [
        _long(country, "employees", _counted(country, "employees", employees)),
        _long(country, "social_assistance", _counted(country, "social_assistance", assistance)),
        _long(country, "unemployment", np.round(unemployment, 2)),
    ]
    return pd.concat(frames, ignore_index=True)


def _mean(path: Floats, months: int) -> Floats:
    return path.reshape(len(path), -1, months).sum(axis=2) / months


def _counted(country: Country, indicator: str, share: Floats) -> Floats:
    """Return how many persons a share of the inhabitants came to [98 x periods]."""
    expected = country.people[:, None] * share
    chance = normal(generator(country.seed, "municipal", indicator), expected.shape)
    return np.maximum(np.round(expected + np.sqrt(_NEW * expected * (1 - share)) * chance), 0.0)


def _long(country: Country, indicator: str, values: Floats) -> pd.DataFrame:
    periods = _labels(country.history, values.shape[1])
    return pd.DataFrame(
        {
            "kommune_kode": np.repeat(country.codes, len(periods)),
            "period": list(periods) * len(country.codes),
            "indicator": indicator,
            "value": values.ravel(),
            "n": np.nan,
        },
        columns=list(contract("municipal").names),
    )


def _labels(history: tuple[str, ...], periods: int) -> tuple[str, ...]:
    years = dict.fromkeys(month[:4] for month in history)
    return tuple(years) if periods == len(years) else tuple(f"{year}Q{at}" for year in years for at in range(1, 5))
