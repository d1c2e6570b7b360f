"""Municipality x period x group x stratum -> how many, sum and spread of every outcome: one expression, one query."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.common.deferred import Deferred
from ibis.expr.types import Column, Table, Value
from numpy.typing import NDArray

from frikommune.calendar import period_label
from frikommune.cells.asking import ask
from frikommune.cells.columns import Where, bound, counting, has_days
from frikommune.cells.noun import KEYS, Cells, combined
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.sources import Register, Source, register

Every = Literal["month", "quarter", "year"]
Spec: TypeAlias = str | Value | Deferred | Callable[[Table], Value]

_IN_YEAR = {"month": 12, "quarter": 4, "year": 1}


def cells(
    data: Source | Table | Path | str,
    *,
    outcomes: Mapping[str, Spec],
    period: str,
    every: Every | None = None,
    unit: str = "kommune_kode",
    group: str | None = None,
    strata: Sequence[str] = (),
    where: Where = None,
    table: str | None = None,
    no_cache: bool = False,
) -> Cells:
    """Count a register in one pass of the engine that holds it; nothing but the cells comes back.

    Right when treatment is assigned by unit and period: every comparison then needs no more of the register than this.
    A Parquet file, DuckDB file or database is read where it lies. The spread is reckoned by the engine from deviations
    (as `VAR_POP`), not from raw squares.

    Args:
        data: A file, the URL of a database or cluster, a source that was read before, or an Ibis table.
        outcomes: A column, or an Ibis expression, for each name: `{"weeks": "weeks", "late": _.weeks > 22}`. Rows where
            an outcome is missing do not count for that outcome.
        period: Column of dates, period labels or numbers.
        every: Make months, quarters or years of it; without, periods are as they stand in the column.
        unit: Column that names the unit to which treatment is assigned.
        group: Column of groups to be compared within a unit (for triple differences).
        strata: Columns of the case mix; a missing value is a stratum of its own.
        where: Which rows to count.
        table: Table of a database, DuckDB file or cluster.
        no_cache: Neither look for a kept answer nor keep this one.

    Returns:
        The cells; rows without unit, period or group are in `left_out`.

    Raises:
        BadData: A column is missing, an outcome is no number or holds one that is not finite, a period is none, or the
            labels hold CPR numbers.
        BadDesign: No outcome, one that is a single value, no condition in `where`, or columns whose names have a
            meaning of their own.
        UnknownName: `every` is none of month, quarter and year.
    """
    opened = register(data, table=table)
    names = _names(unit, period, group)
    _check(opened, names, outcomes, strata)
    if every is not None and every not in _IN_YEAR:
        raise UnknownName.among("length of periods", every, _IN_YEAR)
    rows = counting(opened.table, where)
    found = {name: _outcome(rows, name, spec) for name, spec in outcomes.items()}
    keys = {key: _period(rows, name, every) if key == "period" else rows[name] for key, name in names.items()}
    keys |= {each: rows[each] for each in strata}
    question = rows.aggregate(_measures(rows, found), by=[value.name(key) for key, value in keys.items()])
    answer, counted = ask(opened, question, labels=list(keys), no_cache=no_cache)
    frame, left_out = _complete(_frame(answer, found), names)
    frame["period"] = _labels(frame, period, every, dated=rows[period].type().is_temporal())
    return Cells(
        frame=combined(frame, list(keys), list(outcomes)),
        outcomes=tuple(outcomes),
        counted=counted,
        strata=tuple(strata),
        left_out=left_out,
    )


def _names(unit: str, period: str, group: str | None) -> dict[str, str]:
    names = {"unit": unit, "period": period}
    return names if group is None else names | {"group": group}


def _check(data: Register, names: Mapping[str, str], outcomes: Mapping[str, Spec], strata: Sequence[str]) -> None:
    if not outcomes:
        raise BadDesign("No outcome was named: at least one is needed.")
    taken = [each for each in strata if each in (*KEYS, "rows") or ":" in each]
    if taken or len(set(strata)) < len(strata):
        raise BadDesign(f"Strata cannot be called {', '.join((*KEYS, 'rows'))}, hold a colon or be named twice.")
    wanted = [*names.values(), *strata, *(each for each in outcomes.values() if isinstance(each, str))]
    missing = [each for each in wanted if each not in data.table.columns]
    if missing:
        named, there = ", ".join(dict.fromkeys(missing)), ", ".join(data.table.columns[:30])
        raise BadData(f"{data.name} has no column {named}; it has {there}.")


def _outcome(rows: Table, name: str, spec: Spec) -> Value:
    found = (rows[spec],) if isinstance(spec, str) else bound(rows, spec, f"The outcome {name}")
    value = found[0] if len(found) == 1 else None
    if not isinstance(value, Column):
        raise BadDesign(
            f"The outcome {name} is one value for all rows: a column, or an expression of columns, was expected."
        )
    kind = value.type()
    if kind.is_boolean() or kind.is_integer() or kind.is_floating():
        return value
    if kind.is_decimal():
        return value.cast("float64")
    raise BadData(
        f"The outcome {name} is {kind}: numbers or yes/no were expected; cast it, or compare it with something."
    )


def _measures(rows: Table, outcomes: Mapping[str, Value]) -> dict[str, Value]:
    """Return what is reckoned in each cell; yes/no needs no spread of its own: it follows from the sum."""
    measures: dict[str, Value] = {"rows": rows.count()}
    for name, value in outcomes.items():
        measures[f"n:{name}"] = value.count()
        measures[f"sum:{name}"] = _sum(value).fill_null(0)
        if not value.type().is_boolean():
            measures[f"m2:{name}"] = value.cast("float64").var(how="pop")
    return measures


def _sum(value: Value) -> Value:
    if value.type().is_boolean():
        return value.sum()
    return value.cast("int64" if value.type().is_integer() else "float64").sum()


def _period(rows: Table, name: str, every: Every | None) -> Value:
    """Return what to group by: dates as a number of periods since year 0, which the engine groups fastest."""
    column = rows[name]
    kind = column.type()
    if every is None or kind.is_string():
        return column
    if not has_days(kind):
        raise BadDesign(
            f"No {every} can be made of a period of type {kind}: dates, times without a zone, or labels such as "
            "2019M03 can."
        )
    if every == "year":
        return column.year().cast("int32")
    part = column.month() if every == "month" else column.quarter()
    return (column.year() * _IN_YEAR[every] + part - 1).cast("int32")


def _frame(answer: pa.Table, outcomes: Mapping[str, Value]) -> pd.DataFrame:
    frame = answer.to_pandas(date_as_object=True)
    for name, value in outcomes.items():
        n, total = frame[f"n:{name}"].astype("int64"), frame[f"sum:{name}"]
        whole = value.type().is_boolean() or value.type().is_integer()
        frame[f"n:{name}"], frame[f"sum:{name}"] = n, total.astype("int64" if whole else "float64")
        if value.type().is_boolean():
            spread = total.astype("float64") * (n - total.astype("float64")) / n.where(n > 0, 1)
        else:
            spread = frame[f"m2:{name}"].astype("float64") * n
        _refuse_infinite(name, frame[f"sum:{name}"].to_numpy(float))
        frame[f"m2:{name}"] = spread.where(n > 0, 0.0)
    return frame


def _refuse_infinite(name: str, sums: NDArray[np.float64]) -> None:
    odd = ~np.isfinite(sums)
    if odd.any():
        raise BadData(
            f"The outcome {name} holds values that are no finite number, in {int(odd.sum())} cells: say with an "
            "expression what they mean, such as column.nullif(float('nan'))."
        )


def _complete(frame: pd.DataFrame, names: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Set apart the rows that have no place in a cell, by the first reason."""
    left_out = {}
    for key, name in names.items():
        without = frame[key].isna()
        if without.any():
            left_out[f"no {name}"] = int(frame.loc[without, "rows"].sum())
            frame = frame[~without]
    if frame.empty:
        raise BadData(f"No row has {' and '.join(names.values())}: nothing is left to count.")
    return frame.copy(), left_out


def _labels(frame: pd.DataFrame, name: str, every: Every | None, *, dated: bool) -> pd.Series:
    if every is None:
        return frame["period"]
    if dated:
        return frame["period"].map({each: _label(int(each), every) for each in frame["period"].unique()})
    made = {each: _coarser(str(each), every) for each in frame["period"].unique()}
    labels = frame["period"].map(made)
    wrong = int(frame.loc[labels.isna(), "rows"].sum())
    if wrong:
        raise BadData(
            f"{wrong} rows have a {name} of which no {every} can be made: labels such as 2019M03 were expected."
        )
    return labels


def _label(number: int, every: Every) -> str:
    year, part = divmod(number, _IN_YEAR[every])
    return str(year) if every == "year" else period_label(f"{year:04d}{every[0].upper()}{part + 1}")


def _coarser(text: str, every: Every) -> str | None:
    """Return the month, quarter or year that a label lies in; nothing when it is no label, or a longer period."""
    try:
        label = period_label(text)
    except BadData:
        return None
    year, unit, number = label[:4], label[4:5], int(label[5:] or 1)
    have = {"M": 12, "Q": 4, "": 1}[unit]
    if have < _IN_YEAR[every]:
        return None
    return _label(int(year) * _IN_YEAR[every] + (number - 1) * _IN_YEAR[every] // have, every)
