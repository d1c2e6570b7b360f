"""The tables of a page as an Excel workbook: a sheet each, numbers as numbers, the notes under them.

The same tables make the same bytes: what a workbook would say of when it was made is set to one day.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from frikommune.errors import BadData
from frikommune.tables.page import Table
from frikommune.words import Numeral, Numerals

_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_ZIPPED = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
_MADE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NAME = re.compile(r"[^\w-]+")
_LONGEST_NAME, _WIDEST = 31, 48  # characters: of a sheet's name in Excel, and of a column here
_BOLD, _TOP = Font(bold=True), Alignment(vertical="top", wrap_text=True)
_FIRST = 3  # row of the headings: the caption and an empty one stand above


def workbook(tables: Sequence[Table]) -> bytes:
    """Make a workbook of the tables of a page, in their order.

    What is hidden on the page is hidden here: a number has no more decimals than the page shows. A cell that says
    several numbers, such as an effect with its interval, becomes several columns.

    Args:
        tables: The tables; at least one, each key once.

    Returns:
        The workbook, as bytes of an XLSX file.

    Raises:
        BadData: There is no table, or two have the same name.
    """
    names = [_NAME.sub("-", each.key)[:_LONGEST_NAME] for each in tables]
    if not tables or len({name.casefold() for name in names}) < len(names):
        raise BadData(f"A workbook was asked for of {len(tables)} tables: at least one, each with a name of its own.")
    book = Workbook()
    book.remove(book.active)
    for name, table in zip(names, tables, strict=True):
        _fill(book.create_sheet(name), table)
    made = io.BytesIO()
    book.save(made)
    return timeless(made.getvalue())


def timeless(content: bytes) -> bytes:
    """Return the same workbook without the hour at which it was made.

    Args:
        content: The workbook, as bytes of an XLSX file.
    """
    made = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            entry = ZipInfo(name, _ZIPPED)
            entry.compress_type = ZIP_DEFLATED
            when = _DAY.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
            new.writestr(entry, _MADE.sub(rb"\g<1>" + when, old.read(name)))
    return made.getvalue()


def _fill(sheet: Worksheet, table: Table) -> None:
    _put(sheet.cell(1, 1), table.caption).font = _BOLD
    parts = [_parts(table, column) for column in range(len(table.headings))]
    headings = [
        text for heading, names in zip(table.headings, parts, strict=True) for text in _headings(heading, names)
    ]
    for column, heading in enumerate(headings, start=1):
        cell = _put(sheet.cell(_FIRST, column), heading)
        cell.font, cell.alignment = _BOLD, _TOP
    for at, row in enumerate(table.rows, start=_FIRST + 1):
        spread = [each for cell, names in zip(row, parts, strict=True) for each in _spread(cell, names)]
        for column, value in enumerate(spread, start=1):
            _put(sheet.cell(at, column), value).alignment = _TOP
    under = _FIRST + len(table.rows) + 2
    for at, text in enumerate([*(f"{label}: {text}" for label, text in table.about), table.note], start=under):
        if text:
            _put(sheet.cell(at, 1), text)
    for column, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = _width(sheet, column, heading)
    sheet.freeze_panes = sheet.cell(_FIRST + 1, 2)


def _parts(table: Table, column: int) -> tuple[str, ...]:
    """Return the names of the numbers that some cell of a column says; none where each says one thing."""
    cells = [cell for row in table.rows if isinstance(cell := row[column], Numerals)]
    return tuple(dict.fromkeys(name for cell in cells for name, _ in cell.parts))


def _headings(heading: str, names: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{heading}: {name}" for name in names) if names else (heading,)


def _spread(cell: str, names: tuple[str, ...]) -> Iterator[str]:
    """Return a cell, or its numbers; a phrase without numbers stands in the first of their columns."""
    if not names:
        yield cell
    elif isinstance(cell, Numerals):
        yield from (dict(cell.parts).get(name, "–") for name in names)
    else:
        yield from (cell, *("–" for _ in names[1:]))


def _put(cell: Cell, text: str) -> Cell:
    if isinstance(text, Numeral) and math.isfinite(text.value):
        cell.value, cell.number_format = text.value, text.style
        return cell
    cell.value = text.striptags() if isinstance(text, Markup) else str(text)
    cell.data_type = "s"  # never a formula, whatever it begins with
    return cell


def _width(sheet: Worksheet, column: int, heading: str) -> float:
    cells = (sheet.cell(row, column).value for row in range(_FIRST + 1, sheet.max_row + 1))
    longest = max((len(str(each)) for each in cells if each is not None and column > 1), default=0)
    return float(min(max(longest, min(len(heading), 18), 30 if column == 1 else 8) + 2, _WIDEST))
