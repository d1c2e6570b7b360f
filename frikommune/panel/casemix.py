"""Case-mix standardisation: every cell as it would be with the same mix of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.cells import Cells
from frikommune.errors import BadDesign
from frikommune.panel.making import Start, grid, laid_out, start_positions
from frikommune.panel.noun import Panel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Standardised:
    """A panel of standardised means, and how much of the standard could be met.

    Attributes:
        panel: The standardised means; `var / n` is the variance of the standardised mean.
        mix: Share of each stratum in the standard, by stratum.
        missing: Share of the standard that stands in strata without people in the cell [units x periods]; the others
            count for it in proportion.
        uncompared: Share of the treated units' people in strata where no comparison unit has anybody in the
            same period.
    """

    panel: Panel
    mix: pd.Series
    missing: Floats
    uncompared: float

    def __repr__(self) -> str:
        return (
            f"{self.panel!r}, standardised over {len(self.mix)} strata, on average {np.nanmean(self.missing):.1%} of "
            f"the mix missing, {self.uncompared:.1%} of the treated without comparison"
        )


def standardised(
    cells: Cells,
    outcome: str,
    *,
    starts: Mapping[Any, Start],
    mix: pd.Series | None = None,
    group: object = None,
    measured_in: str = "",
    better: Literal["lower", "higher"] = "higher",
) -> Standardised:
    """Standardise an outcome directly: in every cell each stratum counts with the same share.

    Right when the mix of people changes otherwise in the treated units than elsewhere, and the trial did not change it.
    If it did, the mix is an outcome: test it first.

    Args:
        cells: Cells with strata.
        outcome: Which outcome.
        starts: First treated day or period of each treated unit (see `panel_of`).
        mix: Weight of each stratum, indexed by stratum (by several levels where there are several columns of strata);
            the people of the treated units before their start by default.
        group: Which group; without, everybody.
        measured_in: Unit of the outcome.
        better: Which direction is good.

    Raises:
        UnknownName: There is no such outcome or group.
        BadDesign: The cells have no strata, or the standard holds nobody.

    References:
        Keiding, N. & Clayton, D. (2014). Standardization and control for confounding in observational studies: a
        historical perspective. Statistical Science 29(4), 529-558, section 2.
    """
    cells.check(outcome)
    if not cells.strata:
        raise BadDesign("The cells have no strata: count them again with strata=.")
    units, periods = grid(cells)
    chosen = cells if group is None else cells.of_group(group)
    strata, (n, total, m2) = _cubes(chosen.over("unit", "period", *cells.strata), outcome, units, periods)
    start = start_positions(starts, units, periods)
    share = _shares(n, start, len(periods)) if mix is None else _given(mix, strata)
    mean, spread, found = _standardise(n, total, m2, share)
    people = n.sum(axis=0)
    panel = Panel(
        Y=mean,
        n=people,
        var=spread * people,
        units=units,
        periods=periods,
        start=start,
        outcome=outcome,
        measured_in=measured_in,
        better=better,
    )
    return Standardised(panel, pd.Series(share, index=strata, name="share"), 1.0 - found, _uncompared(n, panel.treated))


def _cubes(
    cells: Cells, outcome: str, units: tuple[Any, ...], periods: tuple[Any, ...]
) -> tuple[pd.Index, tuple[Floats, Floats, Floats]]:
    """Lay n, sum and m2 out by stratum [strata x units x periods]; 0 where nobody is."""
    keys = list(cells.strata) if len(cells.strata) > 1 else cells.strata[0]
    parts = dict(iter(cells.frame.groupby(keys, sort=True, dropna=False)))
    n, total, m2 = (
        np.stack([laid_out(each, f"{kind}:{outcome}", units, periods) for each in parts.values()])
        for kind in ("n", "sum", "m2")
    )
    index = (
        pd.MultiIndex.from_tuples(parts, names=cells.strata) if len(cells.strata) > 1 else pd.Index(parts, name=keys)
    )
    return index, (n, total, m2)


def _shares(n: Floats, start: NDArray[np.int64], periods: int) -> Floats:
    before = (np.arange(periods) < start[:, None]) & (start < periods)[:, None]
    people: Floats = (n * before).sum(axis=(1, 2))
    if not people.any():
        raise BadDesign("No treated unit has people before its start: give the mix to standardise to.")
    return people / people.sum()


def _given(mix: pd.Series, strata: pd.Index) -> Floats:
    weights: Floats = mix.reindex(strata).fillna(0.0).to_numpy(float)
    lost = [each for each in mix.index if each not in strata]
    if lost or mix.isna().any() or (weights < 0).any() or not weights.any():
        raise BadDesign(
            f"The mix names {len(lost)} strata that the cells do not have, and weighs {int((weights > 0).sum())} of "
            f"the {len(strata)} that they have: shares of their strata were expected."
        )
    return weights / weights.sum()


def _standardise(n: Floats, total: Floats, m2: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the standardised means, their variances, and the share of the standard that is there."""
    there = n > 0
    found: Floats = np.einsum("s,sgt->gt", share, there)
    weight = share[:, None, None] * there / np.where(found > 0, found, np.nan)
    mean = np.divide(total, n, out=np.zeros(n.shape), where=there)
    variance = np.where(weight > 0, weight**2 * _between(n, m2) / np.where(there, n, 1.0), 0.0)
    empty = np.where(found > 0, 0.0, np.nan)
    return np.nansum(weight * mean, axis=0) + empty, variance.sum(axis=0) + empty, found


def _between(n: Floats, m2: Floats) -> Floats:
    """Return the variance between persons; one person alone has that of all cells of the stratum together."""
    several = n > 1
    freedom = np.where(several, n - 1, 0.0).sum(axis=(1, 2))
    pooled = np.divide(m2.sum(axis=(1, 2)), freedom, out=np.full(len(n), np.nan), where=freedom > 0)
    return np.where(several, np.divide(m2, n - 1, out=np.zeros(n.shape), where=several), pooled[:, None, None])


def _uncompared(n: Floats, treated: NDArray[np.bool_]) -> float:
    alone = ~(n[:, ~treated] > 0).any(axis=1)
    people = n[:, treated].sum(axis=1)
    return float((people * alone).sum() / people.sum()) if people.sum() else 0.0
