"""Risk tables: who was at risk of leaving and who left, week by week since entry, in every cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import NDArray

from frikommune.cells import spans
from frikommune.cells.spans import Day, Entry, Spans
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.sources import Source

Counts = NDArray[np.int64]

_ASIDE = {
    spans.NO_UNIT: "without a unit",
    spans.NO_START: "without a start",
    spans.NO_GROUP: "without a group or stratum",
    spans.NEVER_AT_RISK: "not covered by the data in any whole week",
}
_REFUSED = {
    spans.NO_LAST_DAY: "have no last day of data: fill that column, or give one date for all",
    spans.BACKWARDS: "end before they start: run `frikommune check` on the spells first",
    spans.NO_EXIT: (
        "ended without an exit_to: end the data earlier by the weeks that the gap rule needs to tell, or name the exit"
    ),
    spans.NO_END: "have an exit_to but no end: one or the other is wrong",
}
ENTRY = "entry"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RiskTable:
    """Spells counted by cell and week since entry; week 1 is the first seven days.

    In a week, first come those who enter under observation, then exits, then censorings.

    Attributes:
        cells: What names each cell [cells]: the unit first, `entry` (the label of the entry period), then the group
            and the strata, if any; in order, each once.
        entered: Spells that come under observation at the start of each week [cells x weeks]; without late entry all
            do so in week 1.
        exits: Spells that leave in each week [cells x types x weeks].
        censored: Spells whose observation ends with each week [cells x weeks]; in the last all that still last.
        types: Names of the exits, in order.
        followed: Whole weeks that the data cover of the spell in the cell that began last [cells]; a calendar event
            does not shorten it.
        aside: Spells that are in no cell, by reason.
        curtailed: Exits seen in a week that the data cover only in part: counted as censored the week before.
    """

    cells: pd.DataFrame
    entered: Counts
    exits: Counts
    censored: Counts
    types: tuple[str, ...]
    followed: Counts
    aside: Mapping[str, int]
    curtailed: int

    def __post_init__(self) -> None:
        """Check the shapes and the sums once; everything after may trust them."""
        shape = (len(self.cells), self.entered.shape[-1])
        shapes = (self.entered.shape, self.censored.shape, self.exits.shape, self.followed.shape)
        if shapes != (shape, shape, (shape[0], len(self.types), shape[1]), shape[:1]):
            raise BadDesign("The parts of a risk table differ in shape: cells x weeks were expected of each.")
        if (self.at_risk < self.exits.sum(axis=1) + self.censored).any() or (self._left() != self.entered.sum(1)).any():
            raise BadDesign("A risk table does not add up: everybody who entered must leave once, by exit or censoring.")
        for each in (self.entered, self.exits, self.censored, self.followed):
            each.flags.writeable = False

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
        if not 1 <= weeks <= self.horizon:
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
        keys = pd.MultiIndex.from_frame(self.cells[list(names)])
        codes, found = _codes(keys)
        return replace(
            self,
            cells=found.to_frame(index=False),
            entered=_summed(self.entered, codes, len(found)),
            exits=_summed(self.exits, codes, len(found)),
            censored=_summed(self.censored, codes, len(found)),
            followed=_least(self.followed, codes, len(found)),
        )

    def __add__(self, other: "RiskTable") -> "RiskTable":
        """Return the table of the spells of both."""
        if list(self.cells.columns) != list(other.cells.columns) or self.horizon != other.horizon:
            raise BadDesign("Two risk tables add up only when they have the same columns of cells and the same horizon.")
        types = tuple(sorted({*self.types, *other.types}))
        one, two = _with_types(self, types), _with_types(other, types)
        both = replace(
            one,
            cells=pd.concat([one.cells, two.cells], ignore_index=True),
            entered=np.concatenate([one.entered, two.entered]),
            exits=np.concatenate([one.exits, two.exits]),
            censored=np.concatenate([one.censored, two.censored]),
            followed=np.concatenate([one.followed, two.followed]),
            aside={why: one.aside.get(why, 0) + two.aside.get(why, 0) for why in {**one.aside, **two.aside}},
            curtailed=one.curtailed + two.curtailed,
        )
        return both.pooled(*self.cells.columns)

    def __repr__(self) -> str:
        return (
            f"RiskTable: {int(self.n.sum())} spells in {len(self.cells)} cells x {self.horizon} weeks, "
            f"{len(self.types)} exit types; {sum(self.aside.values())} spells set aside"
        )


def risk_table(
    spells: Source | Table,
    *,
    end_of_data: Day,
    unit: str = "kommune_kode",
    entry: Entry = "quarter",
    event: Day | None = None,
    late_entry: Day | None = None,
    group: str | None = None,
    strata: Sequence[str] = (),
    horizon: int = 104,
) -> RiskTable:
    """Count who is at risk and who leaves, week by week since entry, in one pass over the spells.

    Right for durations whose end the data do not always show. Week w of a spell is its days 7(w - 1) + 1 to 7w, and a
    spell lasts as many weeks as it has begun. Only weeks that the data cover whole count: a spell is at risk in a week
    when it came under observation before the week began and the data reach the week's last day, and an exit in a week
    cut short is a censoring the week before. So neither the day of the week on which the data end nor that on which
    they begin biases a rate. Exits come before censorings of the same week, as in R's `survival::survfit`.

    The spells are never expanded to weeks, and no row of a person leaves the engine.

    Args:
        spells: The `spells` table: `start`, `end` (blank while under way) and `exit_to`; without `exit_to` every end is
            the exit "out".
        end_of_data: Last day that the data cover, or the column that holds it for each row. Where a gap rule decides
            what is an end, the last day on which it can tell.
        unit: Column of the unit.
        entry: Length of the periods in which spells are put by their start.
        event: First day of a calendar event that ends the observation of every spell under way, or the column that
            holds it (blank: none); spells that begin on the day or later are not touched.
        late_entry: First day that the data cover, or the column that holds it (blank: from the start): spells that began
            earlier come under observation then, and are not counted when they ended before.
        group: Column of the group.
        strata: Columns of the strata.
        horizon: Weeks to count.

    Raises:
        BadData: A column is missing or no date; a spell ends before it starts, ended without an exit, has an exit
            without an end or no last day of data; or no spell is left.
        BadDesign: The horizon is below one week.
        UnknownName: The entry period is none of year, quarter and month.

    References:
        Andersen, P. K., Borgan, Ø., Gill, R. D. & Keiding, N. (1993). Statistical models based on counting processes,
        sections III.2.2 (right-censoring) and III.3.3 (late entry).
    """
    if horizon < 1:
        raise BadDesign(f"A risk table of {horizon} weeks was asked for: at least one was expected.")
    asked = Spans(unit, entry, end_of_data, event, late_entry, group, tuple(strata), horizon)
    table = spells.table if isinstance(spells, Source) else spells
    found = spans.counts(table, asked).to_pyarrow().to_pandas()
    _refuse(found)
    counted = found[found["fault"] == spans.COUNTED]
    if counted.empty:
        raise BadData(f"None of the {int(found['n'].sum())} spells is covered by the data in a whole week.")
    return _table(counted, asked, aside=_aside(found))


def _refuse(found: pd.DataFrame) -> None:
    for fault, what in _REFUSED.items():
        rows = int(found.loc[found["fault"] == fault, "n"].sum())
        if rows:
            raise BadData(f"{rows} spells {what}.")


def _aside(found: pd.DataFrame) -> dict[str, int]:
    rows = found.groupby("fault")["n"].sum()
    return {what: int(rows[fault]) for fault, what in _ASIDE.items() if fault in rows.index}


def _table(counted: pd.DataFrame, asked: Spans, *, aside: Mapping[str, int]) -> RiskTable:
    unit, *others = [counted[f"key{number}"] for number in range(len(asked.keys))]
    codes, found = _codes(pd.MultiIndex.from_arrays([unit, counted["period"], *others]))
    types = pd.Index(sorted(counted["exit"].dropna().unique()))
    n, late, left = (counted[name].to_numpy() for name in ("n", "late", "left"))
    out = counted["exit"].notna().to_numpy()
    kind = types.get_indexer(counted.loc[out, "exit"])
    shape = (len(found), asked.horizon)
    return RiskTable(
        cells=_named(found, asked),
        entered=_placed(n, (codes, late), shape),
        exits=_placed(n[out], (codes[out], kind, left[out] - 1), (len(found), len(types), asked.horizon)),
        censored=_placed(n[~out], (codes[~out], left[~out] - 1), shape),
        types=tuple(types),
        followed=_least(counted["followed"].to_numpy(), codes, len(found)),
        aside=aside,
        curtailed=int(counted["curtailed"].sum()),
    )


def _named(found: pd.MultiIndex, asked: Spans) -> pd.DataFrame:
    unit, *others = asked.keys
    cells = found.set_names([unit, ENTRY, *others]).to_frame(index=False)
    letter = {"year": "", "quarter": "Q", "month": "M"}[asked.entry]
    labels = {each: f"{each // 100}{letter}{_number(each % 100, asked.entry)}" for each in cells[ENTRY].unique()}
    return cells.assign(**{ENTRY: cells[ENTRY].map(labels)})


def _number(number: int, entry: Entry) -> str:
    return {"year": "", "quarter": f"{number}", "month": f"{number:02d}"}[entry]


def _codes(keys: pd.MultiIndex) -> tuple[NDArray[np.intp], pd.MultiIndex]:
    found = keys.unique().sort_values()
    return found.get_indexer(keys), found


def _placed(n: Counts, where: tuple[NDArray[Any], ...], shape: tuple[int, ...]) -> Counts:
    flat = np.ravel_multi_index(where, shape)
    # Counts below 2**53 are exact in bincount's doubles.
    return np.bincount(flat, weights=n, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)


def _summed(counts: Counts, codes: NDArray[np.intp], cells: int) -> Counts:
    total = np.zeros((cells, *counts.shape[1:]), np.int64)
    np.add.at(total, codes, counts)
    return total


def _least(values: Counts, codes: NDArray[np.intp], cells: int) -> Counts:
    least = np.full(cells, np.iinfo(np.int64).max)
    np.minimum.at(least, codes, values)
    return least


def _with_types(table: RiskTable, types: tuple[str, ...]) -> RiskTable:
    exits = np.zeros((len(table.cells), len(types), table.horizon), np.int64)
    exits[:, [types.index(each) for each in table.types]] = table.exits
    return replace(table, exits=exits, types=types)
