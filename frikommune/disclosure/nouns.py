"""What is to be released, and what has been: counts of persons with the sums behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from frikommune.errors import BadData

TOTAL = "*"  # stands for all categories of a dimension
Key = frozenset[tuple[str, str]]  # a cell: its dimensions and categories, without those it is a total over


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a cell too small, or too much one person's, to be shown.

    Attributes:
        threshold: Fewest persons in a cell that is shown; zero persons are no person and are shown.
        dominant: The n of the (n, k) rule for sums: a cell is hidden when its n largest contributions make more than
            `most_percent` of it.
        most_percent: The k of the (n, k) rule, per cent.
        p_percent: The p of the p % rule for sums: a cell is hidden when the next largest contributor could tell the
            largest one's contribution to within p per cent of it.
        rounding: What shown counts are rounded to; 0 leaves them as they are.

    Raises:
        BadData: The threshold is below 3, or a part of a rule is out of its range.

    References:
        Hundepool et al., Statistical Disclosure Control (2012), table 4.1.
    """

    threshold: int = 5
    dominant: int = 2
    most_percent: float = 85.0
    p_percent: float = 10.0
    rounding: int = 0

    def __post_init__(self) -> None:
        if self.threshold < LEAST:
            raise BadData(f"The threshold is {self.threshold}: at least {LEAST} persons must stand behind a cell.")
        if self.dominant < 1 or not 0 < self.most_percent < 100 or not 0 < self.p_percent < 100:  # noqa: PLR2004
            raise BadData("The (n, k) rule takes n from 1 and k between 0 and 100 per cent; p lies between 0 and 100.")
        if self.rounding < 0 or self.rounding > self.threshold:
            raise BadData(f"Counts can be rounded to 0 (not at all) up to the threshold, {self.threshold}.")
        if self.rounding and round(self.threshold / self.rounding) * self.rounding < self.threshold:
            raise BadData(
                f"Rounded to {self.rounding}, {self.threshold} persons would be shown as fewer than the threshold: "
                f"round to {self.threshold}, or not at all."
            )


LEAST = 3


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Counts:
    """A table of counts that has not been released: by one or more dimensions, every combination once.

    Attributes:
        name: Short name, unique on its page.
        n: Persons in each cell [cells]; the index has a named level for each dimension.
        of: Who is counted. Tables of the same persons share their margins, and are to be released together; tables of
            others must say so here.
        largest: For sums: the largest single contributions to each cell, largest first, 0 where there are none
            [cells x at least the n of the (n, k) rule and two].
        sums: Sum over the persons of each cell, none of them negative [cells]; none for a table of counts alone.
        totals: Whether the totals over each dimension are shown too.
        summed: For sums: what is summed. Tables that sum the same over the same persons share their margins.

    Raises:
        BadData: The index has no names, a combination is missing or there twice, a count is no whole number from 0, or
            a sum is negative, missing, smaller than its contributions, without them or without a name.
    """

    name: str
    n: "pd.Series[Any]"
    of: str
    sums: "pd.Series[Any] | None" = None
    largest: pd.DataFrame | None = None
    totals: bool = True
    summed: str = ""

    def __post_init__(self) -> None:
        index = self.n.index
        if any(name is None for name in index.names) or len(set(index.names)) < index.nlevels:
            raise BadData(f"The table {self.name} has a dimension without a name of its own: name each index level.")
        if (
            len(index) != np.prod([index.get_level_values(each).nunique() for each in index.names])
            or index.has_duplicates
        ):
            raise BadData(
                f"The table {self.name} lacks a combination of its dimensions or has one twice: give each once, with 0 "
                "where there is nobody."
            )
        counts = self.n.to_numpy(dtype=float, na_value=np.nan)
        if not len(counts) or not (np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))).all():
            raise BadData(f"The table {self.name} has a count that is no whole number from 0.")
        if any(TOTAL in map(str, index.get_level_values(each)) for each in index.names):
            raise BadData(f"The table {self.name} has a category {TOTAL}: that name is kept for the totals.")
        if (self.sums is None) != (self.largest is None):
            raise BadData(
                f"The table {self.name} has sums without their largest contributions, or the other way round."
            )
        if (self.sums is None) != (not self.summed):
            raise BadData(f"The table {self.name} has sums and does not say what is summed: say it in `summed`.")
        if self.sums is not None and self.largest is not None:
            self._check_sums(self.sums.to_numpy(dtype=float), self.largest.to_numpy(dtype=float))

    def _check_sums(self, sums: np.ndarray, largest: np.ndarray) -> None:
        if sums.shape != (len(self.n),) or largest.shape[0] != len(self.n) or largest.shape[1] < 2:  # noqa: PLR2004
            raise BadData(f"The sums of {self.name} and their two largest contributions or more go with its cells.")
        if not np.isfinite(sums).all() or not np.isfinite(largest).all() or min(sums.min(), largest.min()) < 0:
            raise BadData(
                f"The table {self.name} has a sum that is negative or missing: only sums from 0 can be released."
            )
        if (np.diff(largest, axis=1) > 0).any() or (largest.sum(axis=1) > sums * (1 + 1e-9) + 1e-9).any():
            raise BadData(f"The largest contributions of {self.name} do not fall, or are more than their sum.")

    def __repr__(self) -> str:
        kind = "counts" if self.sums is None else "counts and sums"
        return f"Counts {self.name}: {len(self.n)} cells by {' x '.join(map(str, self.n.index.names))}, {kind}"

    @property
    def keys(self) -> list[Key]:
        """The cell of each row of `n`."""
        names = [str(name) for name in self.n.index.names]
        rows = self.n.index if self.n.index.nlevels > 1 else [(each,) for each in self.n.index]
        return [frozenset(zip(names, map(str, row), strict=True)) for row in rows]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Released:
    """A table that has passed disclosure control; the only thing that tables and figures of people accept.

    Attributes:
        name: Short name, unique on its page.
        n: Persons in each cell and total (`*` for all of a dimension), <NA> where hidden [cells and totals].
        of: Who is counted.
        rule: What was asked for.
        sums: Sum over the persons, <NA> where hidden [as `n`]; none for a table of counts alone.
        first: Cells hidden because they are too small or too much one person's.
        second: Cells hidden so that those do not follow from the others.
        summed: What is summed; empty for a table of counts alone.
    """

    name: str
    n: "pd.Series[Any]"
    of: str
    rule: Rule
    sums: "pd.Series[Any] | None" = None
    first: int = 0
    second: int = 0
    summed: str = ""
    _seal: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("A table is released by frikommune.release alone.")

    def __repr__(self) -> str:
        return f"Released {self.name}: {len(self.n)} cells of {self.of}, {self.first} + {self.second} hidden"

    @property
    def smallest(self) -> int | None:
        """The smallest count shown that is not zero."""
        shown = self.n.dropna()
        shown = shown[shown > 0]
        return int(shown.min()) if len(shown) else None


_SEAL = object()


def sealed(
    table: Counts, rule: Rule, n: "pd.Series[Any]", sums: "pd.Series[Any] | None", *, first: int, second: int
) -> Released:
    """Make a released table: for the rooms of this folder alone."""
    return Released(table.name, n, table.of, rule, sums, first, second, table.summed, _SEAL)


def require_released(thing: object) -> Released:
    """Return a released table; anything else is refused.

    Raises:
        BadData: It has not passed `release`.
    """
    if not isinstance(thing, Released):
        raise BadData(
            f"A table or figure of people was given a {type(thing).__name__}: pass it through release first, which "
            "hides what is too small."
        )
    return thing


def shares(released: Released, *, within: Mapping[str, str]) -> "pd.Series[Any]":
    """Return each count's share of a total; hidden with its count or its total.

    Args:
        released: The table.
        within: The dimensions summed over, each with the category `*`: `{"exit": "*"}` for shares of each row.

    Returns:
        Shares, 0 to 1, <NA> where a count or its total is hidden or the total is zero [cells and totals].

    Raises:
        BadData: The table has no such total.
    """
    names = [str(name) for name in require_released(released).n.index.names]
    if not within or set(within) - set(names) or set(within.values()) != {TOTAL}:
        raise BadData(f"Shares are within a total over {', '.join(names)}: give each that is summed over as '{TOTAL}'.")
    frame = released.n.index.to_frame(index=False).assign(**dict.fromkeys(within, TOTAL))
    wanted = pd.MultiIndex.from_frame(frame) if len(names) > 1 else pd.Index(frame.iloc[:, 0])
    if not wanted.isin(released.n.index).all():
        raise BadData(f"The table {released.name} was released without its totals: there is nothing to take shares of.")
    whole = released.n.reindex(wanted).to_numpy(dtype=float, na_value=np.nan)
    part = released.n.to_numpy(dtype=float, na_value=np.nan)
    share = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return pd.Series(share, index=released.n.index, name="share").astype("Float64").mask(np.isnan(share))
