"""The headings of files, without their rows: enough to tell what a file is, however large it is.

Nothing is read of a file from here but the names of its columns; `sources` reads the tables.
"""

import csv
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from pyarrow import ipc

from frikommune.sources.workbook import check_workbook

Headings = dict[str, tuple[str, ...]]

TEXT, SHEETS = (".csv", ".tsv", ".tab", ".txt"), (".xlsx", ".xlsm")
_PARQUET, _FEATHER = (".parquet", ".pq"), (".feather", ".arrow", ".ipc")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_HEAD = 1 << 20  # bytes: a heading of ten thousand columns fits
_FIRST_ROWS = 20


def headings(file: Path) -> Headings:
    """Return the names of the columns of a file, without blanks around them.

    Args:
        file: The file.

    Returns:
        Names by sheet; the sheet is "" where a kind of file has none. Nothing for a file that is no table, or is
        damaged: the reader says what is wrong with it.
    """
    suffix = file.suffix.lower()
    read = next((each for suffixes, each in _READERS.items() if suffix in suffixes), None)
    if read is None:
        return {}
    try:
        return {sheet: tuple(name.strip() for name in names) for sheet, names in read(file).items()}
    except Exception:  # noqa: BLE001 -- on damaged bytes, unpackers raise almost every kind of error
        return {}


def head(file: Path) -> str:
    """Return the first lines of a text file, in the encoding that its bytes show."""
    with file.open("rb") as handle:
        raw = handle.read(_HEAD)
    mark = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
    if mark is None and b"\x00" in raw[:200]:
        mark = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
    if mark is not None:
        return raw.decode(mark, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def delimiter_of(line: str) -> str:
    """Return what stands between the values of a line: of the usual marks the one that is there most often."""
    return max(";\t,|", key=line.count)


def _text(file: Path) -> Headings:
    lines = [line for line in head(file).splitlines() if line]
    if lines and lines[0].casefold().startswith("sep="):
        lines = lines[1:]
    return {"": tuple(next(csv.reader(lines[:1], delimiter=delimiter_of(lines[0]))))}


def _workbook(file: Path) -> Headings:
    check_workbook(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles that it does not keep
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            return {sheet.title: _first_row(sheet) for sheet in book.worksheets}
        finally:
            book.close()


def _first_row(sheet: openpyxl.worksheet.worksheet.Worksheet) -> tuple[str, ...]:
    sheet.reset_dimensions()  # the declared size may be wrong
    for row in islice(sheet.iter_rows(values_only=True), _FIRST_ROWS):
        if any(each is not None for each in row):
            return tuple("" if each is None else str(each) for each in row)
    return ()


def _feather(file: Path) -> Headings:
    with pa.memory_map(str(file)) as source:
        return {"": tuple(ipc.open_file(source).schema.names)}


def _statistical(read: Callable[..., tuple[object, object]]) -> Callable[[Path], Headings]:
    return lambda file: {"": tuple(read(file, metadataonly=True)[1].column_names)}  # type: ignore[attr-defined]


_READERS: dict[tuple[str, ...], Callable[[Path], Headings]] = {
    TEXT: _text,
    SHEETS: _workbook,
    _PARQUET: lambda file: {"": tuple(pq.read_schema(file).names)},
    _FEATHER: _feather,
    (".sav", ".zsav"): _statistical(pyreadstat.read_sav),
    (".por",): _statistical(pyreadstat.read_por),
    (".dta",): _statistical(pyreadstat.read_dta),
    (".sas7bdat",): _statistical(pyreadstat.read_sas7bdat),
    (".xpt",): _statistical(pyreadstat.read_xport),
}
