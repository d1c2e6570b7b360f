"""Risk tables: who was at risk of leaving and who left, week by week since entry, in every cell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import NDArray

from frikommune.cells import spans
from frikommune.cells.atrisk import Counts, RiskTable, least, numbered
from frikommune.cells.spans import Day, Entry, Spans
from frikommune.errors import BadData, BadDesign
from frikommune.sources import Source

__all__ = ["RiskTable", "risk_table"]

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
        late_entry: First day that the data cover, or the column that holds it (blank: from the start): spells begun
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
    found = found.assign(**spans.unpacked(found["code"].to_numpy(), horizon))
    _refuse(found)
    counted = found[found["fault"].isin([spans.COUNTED, spans.CURTAILED])]
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
    codes, found = numbered(pd.MultiIndex.from_arrays([unit, counted["period"], *others]))
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
        followed=least(counted["followed"].to_numpy(), codes, len(found)),
        aside=aside,
        curtailed=int(n[counted["fault"] == spans.CURTAILED].sum()),
    )


def _named(found: pd.MultiIndex, asked: Spans) -> pd.DataFrame:
    unit, *others = asked.keys
    cells = found.set_names([unit, ENTRY, *others]).to_frame(index=False)
    letter = {"year": "", "quarter": "Q", "month": "M"}[asked.entry]
    labels = {each: f"{each // 100}{letter}{_number(each % 100, asked.entry)}" for each in cells[ENTRY].unique()}
    return cells.assign(**{ENTRY: cells[ENTRY].map(labels)})


def _number(number: int, entry: Entry) -> str:
    return {"year": "", "quarter": f"{number}", "month": f"{number:02d}"}[entry]


def _placed(n: Counts, where: tuple[NDArray[Any], ...], shape: tuple[int, ...]) -> Counts:
    flat = np.ravel_multi_index(where, shape)
    # Counts below 2**53 are exact in bincount's doubles.
    return np.bincount(flat, weights=n, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)
