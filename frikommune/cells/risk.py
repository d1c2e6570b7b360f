"""Risk tables: who was at risk of leaving and who left, week by week since entry, in every cell."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from frikommune.cells import spans
from frikommune.cells.asking import ask
from frikommune.cells.atrisk import Counts, RiskTable, least, numbered
from frikommune.cells.columns import Where, as_day, counting, whole_weeks
from frikommune.cells.spans import ENTRY, Day, Entry, Spans, unpacked
from frikommune.errors import BadData
from frikommune.sources import Source, register

__all__ = ["RiskTable", "risk_table"]

_REFUSED = {
    spans.NO_LAST_DAY: "have no last day of data: fill that column, or give one date for all",
    spans.BACKWARDS: "end before they start: run `frikommune check` on the spells first",
    spans.NO_EXIT: (
        "ended without an exit_to: end the data earlier by the weeks that the gap rule needs to tell, or name the exit"
    ),
    spans.NO_END: "have an exit_to but no end: one or the other is wrong",
}


def risk_table(
    data: Source | Table | Path | str,
    *,
    end_of_data: Day,
    unit: str = "kommune_kode",
    entry: Entry = "quarter",
    event: Day | None = None,
    late_entry: Day | None = None,
    group: str | None = None,
    strata: Sequence[str] = (),
    where: Where = None,
    horizon: int = 104,
    table: str | None = None,
    no_cache: bool = False,
) -> RiskTable:
    """Count who is at risk and who leaves, week by week since entry, in one pass over the spells.

    Right for durations whose end the data do not always show. Week w of a spell is its days 7(w - 1) + 1 to 7w, and a
    spell lasts as many weeks as it has begun. Only weeks that the data cover whole count: a spell is at risk in a week
    when it came under observation before the week began and the data reach the week's last day, and an exit in a week
    cut short is a censoring the week before. So neither the day of the week on which the data end nor that on which
    they begin biases a rate. Exits come before censorings of the same week, as in R's `survival::survfit`.

    The spells are never expanded to weeks, and no row of a person leaves the engine.

    Args:
        data: The `spells` table, as a file, the URL of a database or cluster, a source that was read before, or an Ibis
            table: `start`, `end` (blank while under way) and `exit_to`; without `exit_to` every end is the exit "out".
        end_of_data: Last day that the data cover, or the column that holds it for each row. Where a gap rule decides
            what is an end, the last day on which it can tell.
        unit: Column of the unit.
        entry: Length of the periods in which spells are put by their start.
        event: First day of a calendar event that ends the observation of every spell under way, or the column that
            holds it (blank: none); spells that begin on the day or later are not touched.
        late_entry: First day that the data cover, or the column that holds it (blank: from the start): spells begun
            earlier come under observation then, and are not counted when they ended before.
        group: Column of the group.
        strata: Columns of the strata; a missing value is a stratum of its own.
        where: Which spells to count.
        horizon: Weeks to count.
        table: Table of a database, DuckDB file or cluster.
        no_cache: Neither look for a kept answer nor keep this one.

    Returns:
        The risk table; spells without unit, start or group, or never at risk in a whole week, are in `left_out`.

    Raises:
        BadData: A column is missing or no date; a spell ends before it starts, ended without an exit, has an exit
            without an end or no last day of data; no spell is left; or the labels hold CPR numbers.
        BadDesign: The horizon is no whole number of weeks from one on, a day is none, `where` no condition, or a
            stratum has the name of another key.
        UnknownName: The entry period is none of year, quarter and month.

    References:
        Andersen, P. K., Borgan, Ø., Gill, R. D. & Keiding, N. (1993). Statistical models based on counting processes,
        sections III.2.2 (right-censoring) and III.3.3 (late entry).
    """
    horizon = whole_weeks(horizon, "A risk table")
    begin, shock = (
        None if day is None else as_day(day, name) for day, name in ((late_entry, "late_entry"), (event, "event"))
    )
    last = as_day(end_of_data, "end_of_data")
    asked = Spans(unit, entry, last, shock, begin, group, tuple(strata), horizon)
    opened = register(data, table=table)
    spells = counting(opened.table, where)
    labels = [*(f"key:{key}" for key in asked.keys), "exit"]
    answer, counted = ask(opened, spans.counts(spells, asked), labels=labels, no_cache=no_cache)
    code = unpacked(answer["code"].to_numpy(), horizon)
    code["fault"] = _without_nan(code["fault"], answer, asked)
    rows = np.bincount(code["fault"], weights=answer["n"].to_numpy(), minlength=spans.CURTAILED + 1).astype(np.int64)
    _refuse(rows)
    in_cells = np.isin(code["fault"], [spans.COUNTED, spans.CURTAILED])
    # Filtered before it is a frame: an empty unit would make numbers of the codes of the others.
    kept = answer.filter(pa.array(in_cells)).to_pandas(categories=["exit"])
    found = kept.assign(**{key: each[in_cells] for key, each in code.items()})
    return replace(_table(found, asked), left_out=_left_out(rows, asked), counted=(counted,))


def _without_nan(fault: Counts, answer: pa.Table, asked: Spans) -> Counts:
    """Take a unit or group that is NaN for none; DuckDB cannot be asked: of Parquet columns it says that none is."""
    for key, none in (("group", spans.NO_GROUP), ("unit", spans.NO_UNIT)):
        if key in asked.keys:
            nan = answer[f"key:{key}"].is_null(nan_is_null=True).to_numpy()
            fault = np.where(nan & np.isin(fault, [spans.COUNTED, spans.CURTAILED, spans.NEVER_AT_RISK]), none, fault)
    return fault


def _refuse(rows: Counts) -> None:
    for fault, what in _REFUSED.items():
        if rows[fault]:
            raise BadData(f"{rows[fault]} spells {what}.")
    if not rows[[spans.COUNTED, spans.CURTAILED]].any():
        raise BadData(f"None of the {rows.sum()} spells is covered by the data in a whole week.")


def _left_out(rows: Counts, asked: Spans) -> dict[str, int]:
    reasons = {
        spans.NO_UNIT: f"no {asked.unit}",
        spans.NO_START: "no start",
        spans.NO_GROUP: f"no {asked.group}",
        spans.NEVER_AT_RISK: "not covered by the data in any whole week",
    }
    return {what: int(rows[fault]) for fault, what in reasons.items() if rows[fault]}


def _table(found: pd.DataFrame, asked: Spans) -> RiskTable:
    unit, *others = asked.keys
    names = pd.DataFrame({unit: found[f"key:{unit}"], ENTRY: found["period"]})
    codes, cells = numbered(names.assign(**{each: found[f"key:{each}"] for each in others}))
    exits = found["exit"].cat.remove_unused_categories()
    types = exits.cat.categories.sort_values()
    n, late, left = (found[name].to_numpy() for name in ("n", "late", "left"))
    kind = exits.cat.reorder_categories(types).cat.codes.to_numpy()
    out = kind >= 0
    shape = (len(cells), asked.horizon)
    return RiskTable(
        cells=cells.assign(entry=_labels(cells[ENTRY], asked.entry)),
        entered=_placed(n, (codes, late), shape),
        exits=_placed(n[out], (codes[out], kind[out], left[out] - 1), (len(cells), len(types), asked.horizon)),
        censored=_placed(n[~out], (codes[~out], left[~out] - 1), shape),
        types=tuple(types),
        followed=least(found["followed"].to_numpy(), codes, len(cells)),
        left_out={},
        curtailed=int(n[found["fault"] == spans.CURTAILED].sum()),
    )


def _labels(periods: pd.Series, entry: Entry) -> pd.Series:
    letter = {"year": "", "quarter": "Q", "month": "M"}[entry]
    return periods.map({each: f"{each // 100}{letter}{_number(each % 100, entry)}" for each in periods.unique()})


def _number(number: int, entry: Entry) -> str:
    return {"year": "", "quarter": f"{number}", "month": f"{number:02d}"}[entry]


def _placed(n: Counts, where: tuple[NDArray[Any], ...], shape: tuple[int, ...]) -> Counts:
    flat = np.ravel_multi_index(where, shape)
    # Counts below 2**53 are exact in bincount's doubles.
    return np.bincount(flat, weights=n, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)
