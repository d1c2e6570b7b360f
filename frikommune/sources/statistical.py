"""SPSS, Stata and SAS files, read in chunks of rows; labels and user-missing values travel along.

Values are kept as they are stored: an SPSS code that the file declares missing stays in its column and is named in
`Source.missing`. A tagged missing value of Stata or SAS (.a to .z) cannot be a number: the value is missing, and its
letter stands in a column of its own, `<column>__missing`. Times of day, and Stata's weeks, months and quarters, stay
the numbers that they are stored as.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from frikommune.errors import BadData
from frikommune.sources.columns import Read, check_names, damage
from frikommune.sources.intake import Intake
from frikommune.sources.workspace import kept_batches, row_count

SUFFIXES = (".sav", ".zsav", ".dta", ".sas7bdat")
_READERS: dict[str, Callable[..., Any]] = {
    ".sav": pyreadstat.read_sav,
    ".zsav": pyreadstat.read_sav,
    ".dta": pyreadstat.read_dta,
    ".sas7bdat": pyreadstat.read_sas7bdat,
}
_KINDS = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS"}
_CELLS, _ROWS = 2_000_000, 200_000  # in a chunk, at most; a chunk is found by reading past what comes before it
_YEARS = ("0001-01-01", "9999-12-31")
_MICRO = 1e6
_TAG = "__missing"

# Formats that make a number a date or moment: pattern, whether it has a time of day, and one step of it [seconds].
_DATES: dict[str, tuple[str, tuple[tuple[str, bool, float], ...]]] = {
    "SPSS": ("1582-10-14", ((r"(DATETIME|YMDHMS)[\d.]*", True, 1), (r"([AEJS]?DATE)[\d.]*", False, 1))),
    "Stata": ("1960-01-01", ((r"%-?t[cC].*", True, 1e-3), (r"%-?(td|d).*", False, 86_400))),
    "SAS": (
        "1960-01-01",
        (
            (r"(DATETIME|DATEAMPM|[BE]8601DT|NLDATM)[\d.]*", True, 1),
            (
                r"(DATE|DDMMYY.?|MMDDYY.?|YYMMDD.?|[BE]8601DA|WEEKDATX?|WORDDATX?|WEEKDATE|WORDDATE|NLDATE)[\d.]*",
                False,
                86_400,
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Column:
    """How one column is stored, and what it becomes.

    Attributes:
        name: Its name.
        kind: Its type once read.
        unit: One step of a date's count [seconds]; 0 for what is no date.
        epoch: First day of the count.
        tagged: Whether some of its missing values have letters.
    """

    name: str
    kind: pa.DataType
    unit: float
    epoch: str
    tagged: bool


def read_statistical(path: Path, intake: Intake) -> Read:
    """Read an SPSS, Stata or SAS file.

    Raises:
        BadData: It is no such file, is damaged or cut off, a name stands twice in it, or a date lies outside the years
            1 to 9999.
    """
    program = _KINDS[path.suffix.lower()]
    with damage(path.name, f"is no {program} file or is damaged: get it again"):
        _, meta = _READERS[path.suffix.lower()](path, metadataonly=True, user_missing=True)
        check_names(meta.column_names, path.name)
        intake.check(meta.column_names, path.name)
        columns = _columns(meta, program, _tagged(path, meta) if program != "SPSS" else set())
        schema = pa.schema([field for each in columns for field in _fields(each)])
        check_names(schema.names, path.name)
        batches = (intake.batch(_batch(each, columns, schema, path.name)) for each in _chunks(path, meta))
        table = kept_batches(intake.schema(schema), batches)
    rows = row_count(table)
    if meta.number_rows is not None and 0 <= meta.number_rows != rows:
        raise BadData(f"{path.name} should have {meta.number_rows} rows and has {rows}: it was cut off; get it again.")
    tags = [each.name for each in columns if each.tagged]
    notes = (f"{program} file", *([f"tagged missing values: {', '.join(tags)}"] if tags else []))
    labels = {str(column): dict(each) for column, each in meta.variable_value_labels.items()}
    return Read(table, notes, labels, _missing(meta))


def _missing(meta: Any) -> dict[str, tuple[object, ...]]:  # noqa: ANN401 -- pyreadstat ships no types
    ranges = {
        column: tuple(each["lo"] if each["lo"] == each["hi"] else (each["lo"], each["hi"]) for each in found)
        for column, found in (meta.missing_ranges or {}).items()
    }
    return ranges | {column: tuple(found) for column, found in (meta.missing_user_values or {}).items()}


def _columns(meta: Any, program: str, tagged: set[str]) -> list[_Column]:  # noqa: ANN401 -- as above
    epoch, formats = _DATES[program]
    found = []
    for name in meta.column_names:
        stored, written = meta.readstat_variable_types[name], meta.original_variable_types.get(name) or ""
        date = next((each for each in formats if re.fullmatch(each[0], written)), None)
        if stored.startswith("string"):
            found.append(_Column(name, pa.string(), 0, "", tagged=False))
        elif date:
            kind = pa.timestamp("us") if date[1] else pa.date32()
            found.append(_Column(name, kind, date[2], epoch, tagged=name in tagged))
        else:
            kind = pa.int64() if stored.startswith("int") else pa.float64()
            found.append(_Column(name, kind, 0, "", tagged=name in tagged))
    return found


def _fields(column: _Column) -> list[pa.Field]:
    return [pa.field(column.name, column.kind)] + ([pa.field(column.name + _TAG, pa.string())] if column.tagged else [])


def _tagged(path: Path, meta: Any) -> set[str]:  # noqa: ANN401 -- as above
    """Return the columns with lettered missing values, which only the rows themselves tell."""
    numbers = {name for name, kind in meta.readstat_variable_types.items() if not kind.startswith("string")}
    return {
        name for chunk in _chunks(path, meta) for name in numbers if any(isinstance(each, str) for each in chunk[name])
    }


def _chunks(path: Path, meta: Any) -> Iterator[dict[str, list[Any]]]:  # noqa: ANN401 -- as above
    size = max(1, min(_ROWS, _CELLS // max(1, len(meta.column_names))))
    offset, rows = 0, size
    while rows == size:
        chunk, _ = _READERS[path.suffix.lower()](
            path,
            row_offset=offset,
            row_limit=size,
            output_format="dict",
            user_missing=True,
            disable_datetime_conversion=True,
        )
        rows = len(next(iter(chunk.values()), ()))
        offset += rows
        yield chunk


def _batch(chunk: dict[str, list[Any]], columns: list[_Column], schema: pa.Schema, where: str) -> pa.Table:
    arrays = []
    for column in columns:
        values = chunk[column.name]
        if column.tagged:
            tags = pa.array([each if isinstance(each, str) else None for each in values], pa.string())
            values = [None if isinstance(each, str) else each for each in values]
            arrays += [_array(values, column, where), tags]
        else:
            arrays.append(_array(values, column, where))
    return pa.table(arrays, schema=schema)


def _array(values: Sequence[Any], column: _Column, where: str) -> pa.Array:
    if column.unit:
        return _moments(np.array(values, dtype=float), column, where)
    if pa.types.is_string(column.kind):
        return pa.array([each or None for each in values], pa.string())
    return pa.array(values, column.kind, from_pandas=True)


def _moments(counts: np.ndarray, column: _Column, where: str) -> pa.Array:
    """Return dates or moments from their count since the first day."""
    absent = np.isnan(counts)
    first = np.datetime64(column.epoch, "us")
    low, high = ((np.datetime64(each, "us") - first).astype(float) for each in _YEARS)
    steps = np.where(absent, 0, counts) * column.unit * _MICRO
    outside = int(((steps < low) | (steps > high)).sum())
    if outside:
        raise BadData(f"{where}: the column {column.name} has {outside} dates outside the years 1 to 9999: mend them.")
    moments = first + np.round(steps).astype("timedelta64[us]")
    unit = "D" if pa.types.is_date(column.kind) else "us"
    return pa.array(moments.astype(f"datetime64[{unit}]"), column.kind, mask=absent)
