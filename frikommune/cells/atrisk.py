"""The risk table: a noun that adds up, over cells and over tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.cells.columns import whole_weeks
from frikommune.cells.noun import Counted
from frikommune.errors import BadDesign, UnknownName

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RiskTable:
    """Spells counted by cell and week since entry; week 1 is the first seven days.

    In a week, first come those who enter under observation, then exits, then censorings.

    Attributes:
        cells: What names each cell [cells]: `unit`, `entry` (the label of the entry period), `group` where asked for,
            and the strata; in order, each once.
        entered: Spells that come under observation at the start of each week [cells x weeks]; without late entry all
            do so in week 1.
        exits: Spells that leave in each week [cells x types x weeks].
        censored: Spells whose observation ends with each week [cells x weeks]; in the last all that still last.
        types: Names of the exits, in order.
        followed: Whole weeks that the data cover of the spell in the cell that began last [cells]; a calendar event
            does not shorten it.
        left_out: Spells that are in no cell, by reason; of all that were counted, also when only some cells are kept.
        curtailed: Exits seen in a week that the data cover only in part, and so counted as censored the week before;
            as `left_out`.
        counted: How they were counted, once for each table that was added.
    """

    cells: pd.DataFrame
    entered: Counts
    exits: Counts
    censored: Counts
    types: tuple[str, ...]
    followed: Counts
    left_out: Mapping[str, int]
    curtailed: int
    counted: tuple[Counted, ...] = ()

    def __post_init__(self) -> None:
        """Check the shapes and the sums once; everything after may trust them."""
        for name in ("entered", "exits", "censored", "followed"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        shape = (len(self.cells), self.entered.shape[-1])
        shapes = (self.entered.shape, self.censored.shape, self.exits.shape, self.followed.shape)
        if shapes != (shape, shape, (shape[0], len(self.types), shape[1]), shape[:1]):
            raise BadDesign("The parts of a risk table differ in shape: cells x weeks were expected of each.")
        if (self.at_risk < self.exits.sum(axis=1) + self.censored).any() or (self._left() != self.entered.sum(1)).any():
            raise BadDesign("A risk table does not add up: whoever entered must leave once, by exit or censoring.")

    def _left(self) -> Counts:
        return self.exits.sum(axis=(1, 2)) + self.censored.sum(axis=1)

    @property
    def at_risk(self) -> Counts:
        """Spells at risk in each week [cells x weeks]: entered by then, less those that left before."""
        left = self.exits.sum(axis=1) + self.censored
        return np.cumsum(self.entered, axis=1) - np.cumsum(left, axis=1) + left

    @property
    def n(self) -> Counts:
        """Spells that came under observation [cells]."""
        return self.entered.sum(axis=1)

    @property
    def horizon(self) -> int:
        """Weeks counted."""
        return self.entered.shape[1]

    def take(self, rows: NDArray[Any]) -> "RiskTable":
        """Return the table of some cells.

        Args:
            rows: A mask or positions of the cells to keep.
        """
        kept = np.arange(len(self.cells))[rows]
        return replace(
            self,
            cells=self.cells.iloc[kept].reset_index(drop=True),
            entered=self.entered[kept],
            exits=self.exits[kept],
            censored=self.censored[kept],
            followed=self.followed[kept],
        )

    def until(self, weeks: int) -> "RiskTable":
        """Return the table to a nearer horizon: whoever is still there in its last week is censored with it.

        Args:
            weeks: The new horizon [weeks].

        Raises:
            BadDesign: The table does not reach so far.
        """
        weeks = whole_weeks(weeks, "A nearer horizon")
        if weeks > self.horizon:
            raise BadDesign(f"The risk table counts {self.horizon} weeks, and {weeks} were asked for: count it again.")
        exits, censored, entered = self.exits[..., :weeks], self.censored[:, :weeks].copy(), self.entered[:, :weeks]
        censored[:, -1] = entered.sum(axis=1) - exits.sum(axis=(1, 2)) - censored[:, :-1].sum(axis=1)
        return replace(self, entered=entered, exits=exits, censored=censored)

    def pooled(self, *names: str) -> "RiskTable":
        """Return the table of larger cells: the counts of all that agree in some columns, summed.

        Args:
            names: Columns of `cells` that the larger cells keep.

        Raises:
            UnknownName: The cells have no such column.
        """
        for name in names:
            if name not in self.cells.columns:
                raise UnknownName.among("column of the cells", name, self.cells.columns)
        codes, found = numbered(self.cells[list(names)])
        return replace(
            self,
            cells=found,
            entered=_summed(self.entered, codes, len(found)),
            exits=_summed(self.exits, codes, len(found)),
            censored=_summed(self.censored, codes, len(found)),
            followed=least(self.followed, codes, len(found)),
        )

    def __add__(self, other: "RiskTable") -> "RiskTable":
        """Return the table of the spells of both."""
        if list(self.cells.columns) != list(other.cells.columns) or self.horizon != other.horizon:
            raise BadDesign(
                "Two risk tables add up only when their cells have the same columns and their horizons agree."
            )
        types = tuple(sorted({*self.types, *other.types}))
        one, two = _with_types(self, types), _with_types(other, types)
        both = replace(
            one,
            cells=pd.concat([one.cells, two.cells], ignore_index=True),
            entered=np.concatenate([one.entered, two.entered]),
            exits=np.concatenate([one.exits, two.exits]),
            censored=np.concatenate([one.censored, two.censored]),
            followed=np.concatenate([one.followed, two.followed]),
            left_out={
                why: one.left_out.get(why, 0) + two.left_out.get(why, 0) for why in {**one.left_out, **two.left_out}
            },
            curtailed=one.curtailed + two.curtailed,
            counted=one.counted + two.counted,
        )
        return both.pooled(*self.cells.columns)

    def __repr__(self) -> str:
        return (
            f"RiskTable: {int(self.n.sum())} spells in {len(self.cells)} cells x {self.horizon} weeks, "
            f"{len(self.types)} exit types; {sum(self.left_out.values())} spells left out"
        )


def numbered(keys: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Number the different keys in order, a missing one being one of them.

    Args:
        keys: A row a key.

    Returns:
        The number of each row, and the different keys.
    """
    codes = np.zeros(len(keys), np.int64)
    for name in keys.columns:
        each, values = pd.factorize(keys[name], sort=True, use_na_sentinel=False)
        # Numbered anew each time: the product of many columns' values would pass 64 bits.
        codes, _ = pd.factorize(codes * len(values) + each, sort=True)
    first = np.zeros(codes.max(initial=-1) + 1, np.int64)
    first[codes[::-1]] = np.arange(len(keys))[::-1]
    return codes, keys.iloc[first].reset_index(drop=True)


def least(values: Counts, codes: NDArray[np.intp], cells: int) -> Counts:
    """Return the least value of each of the cells that `codes` numbers."""
    return pd.Series(values).groupby(codes).min().reindex(range(cells)).to_numpy(np.int64)


def _frozen(values: Counts) -> Counts:
    copied = np.array(values, dtype=np.int64)
    copied.flags.writeable = False
    return copied


def _summed(counts: Counts, codes: NDArray[np.intp], cells: int) -> Counts:
    total = np.zeros((cells, *counts.shape[1:]), np.int64)
    np.add.at(total, codes, counts)
    return total


def _with_types(table: RiskTable, types: tuple[str, ...]) -> RiskTable:
    exits = np.zeros((len(table.cells), len(types), table.horizon), np.int64)
    exits[:, [types.index(each) for each in table.types]] = table.exits
    return replace(table, exits=exits, types=types)
