"""What a row must satisfy, as expressions that the engine runs: each is true where the row breaks the rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from frikommune.disclosure import MARK, sure
from frikommune.municipalities import municipalities
from frikommune.schema.nouns import FIRST_YEAR, LAST_YEAR, Column, Contract
from frikommune.schema.parsing import Mark, filled, is_ambiguous

_UNREADABLE = {
    "text": "no_text",
    "person_key": "no_text",
    "trial": "no_text",
    "integer": "no_whole_number",
    "number": "no_number",
    "date": "no_date",
    "period": "no_period",
    "boolean": "no_boolean",
    "municipality_code": "no_municipality",
}
_TEXTS = ("text", "person_key", "trial")

CPR = "cpr"
_NO = ibis.literal(value=False)


class Flag(NamedTuple):
    """A rule of one table, and where it is broken."""

    column: str
    rule: str
    broken: BooleanValue


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a table, before and after it is read.

    Attributes:
        column: What it should be.
        raw: As it stands.
        text: The same as trimmed text.
        value: In the contract's type.
        mark: Decimal mark that the column shows.
        marked: Whether the reader put the marker of a CPR number into it anywhere.
    """

    column: Column
    raw: Value
    text: Value
    value: Value
    mark: Mark
    marked: bool


def column_flags(cell: Cell, trials: Mapping[str, date] | None) -> Iterator[Flag]:
    """Return the rules of one column.

    Args:
        cell: The column.
        trials: The trials that exist, with the first day that each could start; `None` to leave trials unchecked.
    """
    marked = (cell.raw == MARK).fill_null(_NO) if cell.marked else _NO
    if cell.column.type in _TEXTS or cell.marked:
        yield Flag(cell.column.name, CPR, marked | sure(cell.value) if cell.column.type in _TEXTS else marked)
    for flag in _value_flags(cell, trials):
        # What a marker stands for has one fault: that it was there.
        yield flag._replace(broken=flag.broken & ~marked) if cell.marked else flag


def extra_flag(name: str, raw: Value) -> Flag:
    """Return where the reader put the marker of a CPR number into a column that the contract does not know."""
    return Flag(name, CPR, (raw == MARK).fill_null(_NO))


def row_flags(values: Table, contract: Contract, trials: Mapping[str, date] | None) -> Iterator[Flag]:
    """Return the rules between the columns of a row.

    Args:
        values: The table in the contract's types.
        contract: What it should be.
        trials: The trials that exist, with the first day that each could start.
    """
    for rule in contract.rules:
        yield Flag(rule.high, rule.key, (values[rule.low] > values[rule.high]).fill_null(_NO))
    for column in contract.columns:
        if column.earliest is not None:
            earliest = _earliest(values, column.earliest, contract, trials)
            yield _flag(column, "before_law", values[column.name] < earliest)


def _value_flags(cell: Cell, trials: Mapping[str, date] | None) -> Iterator[Flag]:
    column, value, there = cell.column, cell.value, filled(cell.text, cell.column)
    if column.required:
        yield _flag(column, "missing", ~there)
    yield from _unreadable(cell, there & value.isnull())
    if column.type in ("date", "period"):
        yield _flag(column, "outside_years", ~_year(column, value).between(FIRST_YEAR, LAST_YEAR))
    if column.frequency is not None:
        yield _flag(column, "wrong_frequency", _frequency(value) != column.frequency)
    if column.least is not None or column.greatest is not None:
        yield _flag(column, "outside_range", ~value.between(*_range(column)))
    if column.allowed:
        yield _flag(column, "not_allowed", value.notin(column.allowed))
    if column.type == "trial" and trials is not None:
        yield _flag(column, "unknown_trial", value.notin(list(trials)))


def _earliest(values: Table, law: date, contract: Contract, trials: Mapping[str, date] | None) -> Value:
    """Return the first day that the law allowed in each row: a trial of a later round has a later one of its own."""
    later = {key: day for key, day in (trials or {}).items() if day > law}
    if not later or "trial" not in contract.names:
        return ibis.date(law)
    return ibis.cases(*((values.trial == key, ibis.date(day)) for key, day in later.items()), else_=ibis.date(law))


def _flag(column: Column, rule: str, broken: BooleanValue) -> Flag:
    return Flag(column.name, rule, broken.fill_null(_NO))


def _unreadable(cell: Cell, broken: BooleanValue) -> Iterator[Flag]:
    """Return why a value that is there cannot be read; names of municipalities and "1.234" have their own reason."""
    column, rule = cell.column, _UNREADABLE[cell.column.type]
    if column.type in ("integer", "number"):
        ambiguous = is_ambiguous(cell.raw, cell.text, cell.mark)
        yield _flag(column, "ambiguous_number", broken & ambiguous)
        yield _flag(column, rule, broken & ~ambiguous)
    elif column.type == "municipality_code":
        named = cell.text.lower().re_replace(r" kommune$", "").isin(_names())
        yield _flag(column, "municipality_name", broken & named)
        yield _flag(column, rule, broken & ~named)
    elif column.type not in _TEXTS:
        yield _flag(column, rule, broken)


def _names() -> list[str]:
    return sorted({name.lower() for each in municipalities().values() for name in (each.name, *each.aliases)})


def _year(column: Column, value: Value) -> Value:
    return value.year() if column.type == "date" else value.left(4).try_cast("int64")


def _frequency(label: Value) -> Value:
    return ibis.ifelse(label.length() == len("2019"), "Y", label.substr(4, 1))


def _range(column: Column) -> tuple[float, float]:
    least = float("-inf") if column.least is None else column.least
    greatest = float("inf") if column.greatest is None else column.greatest
    return least, greatest
