"""Plants faults in a synthetic data room, one of every rule of the contracts, so that a check can be checked.

Tables with faults are all text, as a careless export would leave them: a number that is none has no other way to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from frikommune.demo.draws import generator
from frikommune.errors import BadData
from frikommune.schema import Column, Contract, contracts

Values = dict[str, str | None]

_UNREADABLE = {
    "integer": (("no_whole_number", "abc"),),
    "number": (("no_number", "abc"),),
    "date": (("no_date", "31-02-2019"),),
    "period": (("no_period", "2019Q5"),),
    "boolean": (("no_boolean", "måske"),),
    "municipality_code": (("municipality_name", "Aalborg"), ("no_municipality", "999")),
}
_NUMBERS = ("integer", "number")
_EITHER = "1.234"  # thousands or decimals: a column that shows both marks cannot tell
_LONG_AGO, _BEFORE, _FAR = "1900-01-01", "2000-01-01", "2150-01-01"
_LAST_DAY = "2021-12-31"
_MANY = "1000000"
_OTHER = {"text": "andet", "number": "1", "integer": _MANY, "date": "2021-12-30", "boolean": "1"}
# A CPR number within text, and nobody's: its check digit is wrong, which none of that year's is.
_NOBODY = "sag_311290-1234"


@dataclass(frozen=True, slots=True)
class _Fault:
    """New values of a row that has others in `needs`, and the rules that it breaks by column."""

    values: Values
    breaks: tuple[tuple[str, str], ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Planted:
    """A table in the making: its rows as text, the new values by row, the rows put at its end, and what is wrong."""

    contract: Contract
    table: pa.Table
    free: list[int]
    changed: dict[int, Values]
    added: list[Values]
    wrong: list[tuple[int, str, str]]

    def row(self, at: int) -> Values:
        return {name: self.table[name][at].as_py() for name in self.table.column_names}

    def take(self, needs: tuple[str, ...]) -> int:
        """Return a row that nothing was done to yet, with values in some columns."""
        for at in self.free:
            if all(self.table[name][at].is_valid for name in needs):
                self.free.remove(at)
                return at
        raise BadData(
            f"{self.contract.table} holds too few rows to plant every fault: make the register with a larger --size."
        )


def plant(folder: Path, seed: int) -> pd.DataFrame:
    """Plant one fault of every rule of the contracts in the tables of a data room, each in a row of its own.

    A CPR number is planted in columns of text alone: keys are hashed or refused before any rule is asked.

    Args:
        folder: A data room that `demo` wrote.
        seed: Seed of the choice of rows.

    Returns:
        Columns table, row (1 is the first row of data), column and rule. A repeated key or overlapping days put two
        rows at fault.

    Raises:
        BadData: A table has too few rows.
    """
    return pd.concat([_plant(folder / f"{name}.parquet", each, seed) for name, each in contracts().items()])


def _plant(file: Path, contract: Contract, seed: int) -> pd.DataFrame:
    table = _as_text(pq.read_table(file))
    order = generator(seed, "faults", contract.table).permutation(table.num_rows)
    planted = _Planted(contract, table, order.tolist(), {}, [], [])
    there = [column for column in contract.columns if column.name in table.column_names]
    for fault in _alone(contract, there):
        _change(planted, fault)
    for column in there:
        if column.type in _NUMBERS:
            _blur(planted, column)
    _together(planted, there)
    _write(planted, file)
    rows = [(contract.table, row, column, rule) for row, column, rule in sorted(planted.wrong)]
    return pd.DataFrame(rows, columns=["table", "row", "column", "rule"])


def _as_text(table: pa.Table) -> pa.Table:
    return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})


def _alone(contract: Contract, there: list[Column]) -> Iterator[_Fault]:
    """Return the faults that a row has alone."""
    for column in there:
        if column.required:
            yield _fault(column, "missing", None)
        for rule, text in _UNREADABLE.get(column.type, ()):
            yield _fault(column, rule, text)
        yield from _text_faults(column)
        yield from _time_faults(column, contract)
        if column.least is not None:
            yield _below(column, contract)
        if column.greatest is not None:
            yield _fault(column, "outside_range", f"{column.greatest + 1:g}")
    names = {column.name for column in there}
    for order in contract.rules:
        if {order.low, order.high} <= names:
            number = contract[order.low].type in _NUMBERS
            values: Values = {order.low: _MANY} if number else {order.high: _BEFORE}
            yield _Fault(values, ((order.high, order.key),), needs=(order.low, order.high))


def _fault(column: Column, rule: str, text: str | None) -> _Fault:
    return _Fault({column.name: text}, ((column.name, rule),))


def _text_faults(column: Column) -> Iterator[_Fault]:
    if column.type == "text":
        yield _fault(column, "cpr", _NOBODY)
    if column.type == "trial":
        yield _fault(column, "unknown_trial", "intet_forsøg")
    if column.allowed:
        yield _fault(column, "not_allowed", "intet af dem")


def _time_faults(column: Column, contract: Contract) -> Iterator[_Fault]:
    if column.type == "period":
        yield _fault(column, "outside_years", "1900M01")
    if column.frequency is not None:
        yield _fault(column, "wrong_frequency", "2019Q1" if column.frequency == "M" else "2019M01")
    if column.type == "date":
        highs = [rule.high for rule in contract.rules if rule.low == column.name]
        late = column.earliest is not None or not highs
        blank: Values = dict.fromkeys(highs if late else [])
        yield _Fault({**blank, column.name: _FAR if late else _LONG_AGO}, ((column.name, "outside_years"),))
    if column.earliest is not None:
        yield _fault(column, "before_law", _BEFORE)


def _below(column: Column, contract: Contract) -> _Fault:
    """Go below a range: what may never be above the column then is, where it is filled."""
    above = [rule for rule in contract.rules if rule.high == column.name]
    breaks = ((column.name, "outside_range"), *((column.name, rule.key) for rule in above))
    return _Fault({column.name: f"{(column.least or 0) - 1:g}"}, breaks, needs=tuple(rule.low for rule in above))


def _change(planted: _Planted, fault: _Fault) -> None:
    at = planted.take(fault.needs)
    planted.changed[at] = fault.values
    planted.wrong.extend((at + 1, column, rule) for column, rule in fault.breaks)


def _blur(planted: _Planted, column: Column) -> None:
    """Write one number with a comma and another with a point, so that a third may be either."""
    if planted.table[column.name].null_count < planted.table.num_rows:
        for mark in (",", "."):
            at = planted.take((column.name,))
            whole, _, decimals = str(planted.row(at)[column.name]).partition(".")
            planted.changed[at] = {column.name: f"{whole}{mark}{decimals or 0}"}
    _change(planted, _fault(column, "ambiguous_number", _EITHER))


def _together(planted: _Planted, there: list[Column]) -> None:
    """Add rows that repeat a row, repeat a key with other values, or overlap in days."""
    contract = planted.contract
    keys = "+".join(contract.keys)
    _repeat(planted, planted.take(()), {}, (keys, "repeated_row"))
    free = [each for each in there if each.name not in contract.keys and each.type in _OTHER]
    other = min(free, key=lambda each: list(_OTHER).index(each.type))
    at = planted.take(())
    planted.wrong.append((at + 1, keys, "repeated_key"))
    _repeat(planted, at, {other.name: _OTHER[other.type]}, (keys, "repeated_key"))
    if contract.never_overlapping:
        at = planted.take(())
        planted.wrong.append((at + 1, "start+end", "overlapping"))
        _repeat(planted, at, {"start": planted.row(at)["end"] or _LAST_DAY}, ("start+end", "overlapping"))


def _repeat(planted: _Planted, at: int, values: Values, wrong: tuple[str, str]) -> None:
    planted.added.append({**planted.row(at), **values})
    planted.wrong.append((planted.table.num_rows + len(planted.added), *wrong))


def _write(planted: _Planted, file: Path) -> None:
    table = planted.table
    columns = {name: _with(planted, name) for name in table.column_names}
    more = pa.Table.from_pylist(planted.added, schema=table.schema)
    part = file.with_suffix(".part")
    pq.write_table(pa.concat_tables([pa.table(columns), more]), part)
    part.rename(file)


def _with(planted: _Planted, name: str) -> pa.ChunkedArray:
    new = {at: values[name] for at, values in planted.changed.items() if name in values}
    column = planted.table[name].combine_chunks()
    if not new:
        return pa.chunked_array([column])
    mask = np.zeros(len(column), dtype=bool)
    mask[list(new)] = True
    values = pa.array([new[at] for at in sorted(new)], pa.string())
    return pa.chunked_array([pc.replace_with_mask(column, pa.array(mask), values)])
