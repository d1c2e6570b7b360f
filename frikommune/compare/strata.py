"""Trials in which single persons take part: exact matching on strata, labelled as selection on observables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from frikommune.compare.contrasts import Bools
from frikommune.errors import BadData, BadDesign
from frikommune.estimate import Floats, Ints

LABEL = "selection on observables"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Matched:
    """The effect on those who took part, against persons of the same stratum who did not.

    Attributes:
        value: The effect on the matched takers [unit of the outcome].
        se: Its standard error over persons, given who took part: take-up was decided person by person [same unit].
        weights: What each cell of `cells` counts for; `value` is the sum of weights times mean [cells].
        cells: The cells: strata, whether taken, n, mean and variance.
        balance: One row a level of every variable: its share among all takers and all others, among those matched, and
            the standardised difference before and after [standard deviations before].
        takers: Persons who took part.
        matched: Takers in a stratum that also holds somebody who did not.
        label: What the comparison rests on.
    """

    value: float
    se: float
    weights: Floats
    cells: pd.DataFrame
    balance: pd.DataFrame
    takers: int
    matched: int
    label: str = LABEL

    def __repr__(self) -> str:
        return (
            f"Matched: {self.value:+.4g} (se {self.se:.2g}) on {self.matched} of {self.takers} takers, by {self.label}"
        )


def match(
    cells: pd.DataFrame, strata: Sequence[str], *, taken: str, n: str, mean: str, var: str, also: Sequence[str] = ()
) -> Matched:
    """Compare takers with persons who are exactly like them in everything that the strata hold.

    Each stratum's difference is weighted by its takers, so the effect is on those takers for whom there is anybody to
    compare with. Takers without one are left out, and counted.

    Right only when, inside a stratum, it was as good as chance who took part. That is an assumption: case-mix and
    history can be put into the strata, motivation cannot. It is no comparison between municipalities, and weaker.

    Args:
        cells: One row a combination of strata, further variables and take-up.
        strata: Columns to match on exactly: case-mix, history, municipality, period.
        taken: Column that says who took part, true or false.
        n: Column with the number of persons.
        mean: Column with their mean outcome [unit of the outcome].
        var: Column with the variance of the outcome between them.
        also: Further columns whose balance is to be shown, but which are not matched on.

    Returns:
        The effect, its standard error, the weights, and the balance before and after.

    Raises:
        BadData: A column is missing, empty or out of range, or a combination comes twice.
        BadDesign: There are no takers, or none in a stratum with anybody else.

    References:
        Imbens & Rubin (2015), Causal Inference, chapter 12 (unconfoundedness) and 14.2 (standardised differences);
        exact subclasses: Iacus, King & Porro (2012), Political Analysis 20(1), 1-24, section 3.
    """
    _check_columns(cells, [*strata, *also, taken, n, mean], var)
    if not strata:
        raise BadDesign("No stratum was named: without any, takers would be compared with everybody.")
    _check_values(cells, [*strata, *also], taken=taken, n=n, var=var)
    took = cells[taken].to_numpy(bool)
    count = cells[n].to_numpy(float)
    stratum = cells.groupby(list(strata), sort=False, observed=True).ngroup().to_numpy()
    takers, others = _sums(stratum, count * took), _sums(stratum, count * ~took)
    usable = (takers > 0) & (others > 0)
    if not usable.any():
        raise BadDesign(
            f"None of the {int(takers.sum())} takers has anybody of the same stratum to be compared with: use fewer "
            "strata."
        )
    matched = takers[usable].sum()
    share = np.where(usable, takers, 0.0)[stratum] / matched
    inside = np.divide(count, np.where(took, takers[stratum], others[stratum]))
    weights = np.where(took, 1.0, -1.0) * share * inside
    spread = cells[mean].to_numpy(float), cells[var].to_numpy(float)
    noise = [_sampling(stratum, arm, count, spread, weights) for arm in (took, ~took)]
    return Matched(
        value=float(weights @ spread[0]),
        se=float(np.sqrt(sum(noise))),
        weights=weights,
        cells=cells.copy(),
        balance=_balance(cells, [*strata, *also], took, count, np.abs(weights)),
        takers=int(takers.sum()),
        matched=int(matched),
    )


def _check_columns(cells: pd.DataFrame, wanted: list[str], var: str) -> None:
    missing = [column for column in [*wanted, var] if column not in cells.columns]
    if missing:
        raise BadData(f"The cells have no column {', '.join(missing)}; they have {', '.join(map(str, cells.columns))}.")
    empty = [column for column in wanted if cells[column].isna().any()]
    if empty:
        raise BadData(f"The column {', '.join(empty)} is empty in some rows: every cell needs one.")


def _check_values(cells: pd.DataFrame, variables: list[str], *, taken: str, n: str, var: str) -> None:
    if not cells[taken].isin([0, 1]).all() or (cells[n] < 1).any() or (cells[var] < 0).any():
        raise BadData(f"Cells need {taken} true or false, at least one person in {n}, and no {var} below zero.")
    if (cells[var].isna() & (cells[n] > 1)).any():
        raise BadData(f"The column {var} is empty in cells of several persons: it may be only where there is one.")
    doubled = int(cells.duplicated([*variables, taken]).sum())
    if doubled:
        raise BadData(f"{doubled} rows repeat a combination of strata and take-up: sum them first.")


def _sums(stratum: Ints, values: Floats) -> Floats:
    """Return the sum in each stratum [strata]."""
    return np.bincount(stratum, weights=values).astype(float)


def _sampling(stratum: Ints, arm: Bools, count: Floats, spread: tuple[Floats, Floats], weights: Floats) -> float:
    """Return the sampling variance of one arm's mean: the variance inside strata, pooled, over the persons used.

    Args:
        stratum: Number of each cell's stratum [cells].
        arm: Which cells belong to the arm [cells].
        count: Persons [cells].
        spread: Mean and variance of the outcome [cells, cells].
        weights: What each cell counts for [cells].
    """
    mean, var = spread
    persons = np.where(arm, count, 0.0)
    held = _sums(stratum, persons)
    level = _sums(stratum, persons * mean) / np.maximum(held, 1)
    freedom = persons.sum() - (held > 0).sum()
    if freedom < 1:
        raise BadDesign("No stratum holds two persons alike in take-up: the spread inside strata is not known.")
    inside = np.where(count > 1, (count - 1) * np.nan_to_num(var), 0.0) + count * (mean - level[stratum]) ** 2
    return float(inside[arm].sum() / freedom * (weights[arm] ** 2 / count[arm]).sum())


def _balance(cells: pd.DataFrame, variables: Sequence[str], took: Bools, count: Floats, used: Floats) -> pd.DataFrame:
    """Return the shares of every level of every variable: see `Matched.balance`."""
    rows = []
    for variable in variables:
        for level in sorted(cells[variable].unique()):
            here = (cells[variable] == level).to_numpy(bool)
            takers, others = (float(count[here & arm].sum() / count[arm].sum()) for arm in (took, ~took))
            kept, after = (float(used[here & arm].sum() / used[arm].sum()) for arm in (took, ~took))
            spread = np.sqrt((takers * (1 - takers) + others * (1 - others)) / 2)
            apart = [(one - other) / spread if spread > 0 else 0.0 for one, other in ((takers, others), (kept, after))]
            rows.append((variable, level, takers, others, kept, after, *apart))
    names = ["variable", "level", "takers", "others", "matched_takers", "matched_others", "before", "after"]
    return pd.DataFrame(rows, columns=names)
