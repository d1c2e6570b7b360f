"""Excel workbooks, streamed row by row: each column becomes what all its cells are, or text."""

import datetime as dt
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import openpyxl
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.sources.columns import AbsentTable, Read, column_names, damage
from frikommune.sources.intake import Intake
from frikommune.sources.numbers import POINT
from frikommune.sources.workbook import DAMAGED, check_workbook, unreckoned
from frikommune.sources.workspace import kept, kept_batches

SUFFIXES = (".xlsx", ".xlsm")
_ROWS = 1_048_576  # the most that a sheet can have
_CELLS = 200_000  # in a batch
_WHOLE = 1e15  # below it, a float that is whole is exact
_INT64 = 2**63
_TYPES = {
    frozenset({"whole"}): "int64",
    frozenset({"number"}): "float64",
    frozenset({"whole", "number"}): "float64",
    frozenset({"truth"}): "boolean",
    frozenset({"date"}): "date",
    frozenset({"moment"}): "timestamp",
    frozenset({"date", "moment"}): "timestamp",
}


@dataclass(slots=True)
class _Tally:
    """What the cells of a sheet turn out to be, filled while they are read.

    Attributes:
        kinds: Kinds of cell, by column.
        blank: Rows that hold nothing.
        errors: Cells that hold an error of Excel, such as #N/A, or a date that is none.
    """

    kinds: list[set[str]]
    blank: int = 0
    errors: int = 0


def read_excel(path: Path, table: str | None, intake: Intake) -> Read:
    """Read one sheet of a workbook; its first row that holds anything is the heading.

    Args:
        path: The workbook.
        table: Which sheet; without, the only one that holds anything.
        intake: What to do with keys.

    Raises:
        AbsentTable: It has no such sheet.
        BadData: It is no workbook or is damaged, unpacks to too much, has values outside its
            heading's columns, or formulas whose results were never stored.
    """
    check_workbook(path)
    with _opened(path) as book:
        sheet = _sheet(book, table, path.name)
        missing = unreckoned(path, sheet)
        if missing:
            raise BadData(
                f"{path.name}: {missing} formulas of the sheet {sheet} have no stored result: save it from Excel."
            )
        return _read(book[sheet], f"{path.name}, sheet {sheet}", intake)


@contextmanager
def _opened(path: Path) -> Iterator[openpyxl.Workbook]:
    with damage(path.name, DAMAGED), warnings.catch_warnings():
        # openpyxl warns of what it does not keep (styles, validation) and of dates outside its calendar: the latter
        # become cells with an error, and are counted as such.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _sheet(book: openpyxl.Workbook, table: str | None, where: str) -> str:
    names = [each.title for each in book.worksheets]
    if table is not None and table not in names:
        raise AbsentTable(f"{where} has no sheet {table}: there are {', '.join(names)}.")
    filled = [table] if table is not None else [each for each in names if any(map(_filled, _rows(book[each])))]
    if not filled:
        raise BadData(f"{where} is empty: no sheet holds anything.")
    if len(filled) > 1:
        raise BadData(f"{where} has {len(filled)} sheets: say which one with table=; there are {', '.join(filled)}.")
    return filled[0]


def _rows(sheet: openpyxl.worksheet.worksheet.Worksheet) -> Iterator[tuple[object, ...]]:
    # The declared size of a sheet may be wrong: a row is as wide as what stands in it.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    yield from islice(rows, _ROWS)
    if next(rows, None) is not None:
        raise BadData(f"The sheet {sheet.title} has more than {_ROWS} rows, as no workbook can: it is damaged.")


def _filled(row: tuple[object, ...]) -> bool:
    return any(each is not None and each != "" for each in row)


def _read(sheet: openpyxl.worksheet.worksheet.Worksheet, where: str, intake: Intake) -> Read:
    rows = _rows(sheet)
    heading = next(filter(_filled, rows), ())
    width = max((n for n, each in enumerate(heading, start=1) if each not in (None, "")), default=0)
    names, notes = column_names(heading[:width], where)
    intake.check(names, where)
    tally = _Tally([set() for _ in names])
    schema = pa.schema([(name, pa.string()) for name in names])
    batches = (intake.batch(each) for each in _batches(rows, schema, tally, where))
    table = _typed(kept_batches(schema, batches), tally, intake)
    both = [name for name, kinds in zip(names, tally.kinds, strict=True) if {"text", "number"} <= kinds]
    counted = ((tally.blank, "blank rows passed over"), (tally.errors, "cells with an error of Excel, as text"))
    return Read(
        table,
        (f"sheet {sheet.title}", *notes, *(f"{n} {what}" for n, what in counted if n)),
        styles=dict.fromkeys(both, POINT),
    )


def _batches(rows: Iterator[tuple[object, ...]], schema: pa.Schema, tally: _Tally, where: str) -> Iterator[pa.Table]:
    size = max(1, _CELLS // len(schema))
    while some := list(islice(rows, size)):
        columns: list[list[str | None]] = [[] for _ in schema]
        for row in some:
            if _filled(row):
                _append(row, columns, tally, where)
            else:
                tally.blank += 1
        yield pa.table([pa.array(each, pa.string()) for each in columns], schema=schema)


def _append(row: tuple[object, ...], columns: list[list[str | None]], tally: _Tally, where: str) -> None:
    width = len(columns)
    if _filled(row[width:]):
        raise BadData(
            f"{where} has a row with values beyond the {width} columns of its heading: put the names of all columns in "
            f"the first row, and nothing else beside or above the table."
        )
    for column, kinds, cell in zip(columns, tally.kinds, chain(row, [None] * (width - len(row))), strict=False):
        kind, text = _cell(cell)
        if text is not None:
            kinds.add(kind)
            tally.errors += kind == "error"
        column.append(text)


def _cell(cell: object) -> tuple[str, str | None]:
    """Return what kind of cell it is, and the cell as text."""
    if cell is None or cell == "":
        return "none", None
    if isinstance(cell, str):
        return ("error" if cell.startswith("#") and cell.rstrip("!?").isupper() else "text"), cell
    if isinstance(cell, bool | int | float):
        return _number(cell)
    if isinstance(cell, dt.datetime) and cell.time() != dt.time():
        return "moment", cell.isoformat(sep=" ")
    if isinstance(cell, dt.date):
        return "date", cell.isoformat()[:10]
    return "text", str(cell)


def _number(cell: float) -> tuple[str, str]:
    if isinstance(cell, bool):
        return "truth", str(cell).lower()
    if isinstance(cell, int):
        return ("whole" if abs(cell) < _INT64 else "number"), str(cell)
    return "number", str(int(cell)) if cell.is_integer() and abs(cell) < _WHOLE else repr(cell)


def _typed(table: Table, tally: _Tally, intake: Intake) -> Table:
    """Give each column the type of all its cells."""
    kinds = {name: frozenset(each) for name, each in zip(table.columns, tally.kinds, strict=True)}
    casts = {name: _TYPES[each] for name, each in kinds.items() if each in _TYPES and name not in intake.hashed}
    return kept(table.cast(casts)) if casts else table
