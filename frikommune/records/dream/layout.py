"""Which columns of a wide DREAM extract are what, and how a cell is read."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import ibis
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.exports import opened
from frikommune.records.dream.codes import NO_CODE
from frikommune.sources import Source

_WEEK = re.compile(r"y_(\d\d)(\d\d)", re.IGNORECASE)
_DEGREE = re.compile(r"(?:besk)?grad_(\d{4})_(\d\d)", re.IGNORECASE)
_BRANCH = re.compile(r"branche?_\d{4}_\d\d", re.IGNORECASE)

# DREAM opens in 1991 (y_9132): a later year of the century before is no year of DREAM.
_FIRST_YEAR = 91
_SHOWN = 6
_LARGEST = 9999  # any number above 999 is no code; this keeps it inside 16 bits


@dataclass(frozen=True, slots=True, repr=False)
class Layout:
    """The columns of a wide DREAM extract.

    Attributes:
        table: The extract.
        person: Column of the person key.
        kommune: Columns of the municipality, by the day from which each applies; one that always applies has
            `date.min`.
        weeks: Columns of the weeks, in order, without holes.
        mondays: First day of each of them.
        degrees: Columns of the employment degree, by first day of the month.
        branches: Columns of the branch of trade: passed over.
        others: All further columns: passed over.
    """

    table: Table
    person: str
    kommune: dict[date, str]
    weeks: tuple[str, ...]
    mondays: tuple[date, ...]
    degrees: dict[date, str]
    branches: tuple[str, ...]
    others: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Layout: {len(self.weeks)} weeks, {len(self.degrees)} employment degrees"

    @property
    def base(self) -> str:
        """The extract as SQL for a FROM clause."""
        return f"({ibis.to_sql(self.table, dialect='duckdb')}) AS wide"

    def run(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run SQL where the extract lives."""
        return self.table.get_backend().con.sql(query)


def layout(source: Source | Table, *, person: str, kommune: str) -> Layout:
    """Find the columns of a wide DREAM extract.

    Args:
        source: The extract, on DuckDB.
        person: Column of the person key.
        kommune: Column of the municipality, or what stands before the date in dated ones: `kom` for
            `kom_201701` or `kom_2017_01` (months) and `kom_2017` (years).

    Raises:
        BadData: The person, municipality or week columns are not there, a week is none of the ISO calendar, or
            weeks are missing between the first and the last; or the extract holds CPR numbers outside its keys or
            lines that are no rows.
    """
    table, _ = opened(source)
    columns = tuple(table.columns)
    if person not in columns:
        raise BadData(f"The DREAM extract has no column {person}: name the column of the person key.")
    weeks = sorted((_monday(match), each) for each in columns if (match := _WEEK.fullmatch(each)))
    if not weeks:
        raise BadData("The DREAM extract has no week columns: names like y_1701 were expected.")
    _check_holes([monday for monday, _ in weeks])
    municipality = _municipality_columns(columns, kommune)
    degrees = {_month(match): each for each in columns if (match := _DEGREE.fullmatch(each))}
    branches = tuple(each for each in columns if _BRANCH.fullmatch(each))
    used = {person, *municipality.values(), *degrees.values(), *branches, *(name for _, name in weeks)}
    return Layout(
        table=table,
        person=person,
        kommune=municipality,
        weeks=tuple(name for _, name in weeks),
        mondays=tuple(monday for monday, _ in weeks),
        degrees=dict(sorted(degrees.items())),
        branches=branches,
        others=tuple(each for each in columns if each not in used),
    )


def check_persons(columns: Layout) -> int:
    """Return how many persons the extract holds.

    Raises:
        BadData: A row has no person key, or a person has several rows.
    """
    key = f"nullif(trim(CAST({quoted(columns.person)} AS VARCHAR)), '')"
    query = f"SELECT count(*), count({key}), count(DISTINCT {key}) FROM {columns.base}"
    rows, keyed, distinct = columns.run(query).fetchall()[0]
    if keyed < rows:
        raise BadData(f"The DREAM extract has {rows - keyed} rows without a person key in {columns.person}.")
    if distinct < rows:
        raise BadData(f"The DREAM extract has {rows - distinct} rows too many: one row a person was expected.")
    return int(rows)


def code_cell(columns: Layout, name: str, *, exact: bool = True) -> str:
    """Return SQL for the code in a cell: 0 when blank, NULL (of text) or -1 (of numbers) when it is no code.

    Text goes through functions of one argument only: DuckDB then reads each different value of a Parquet
    dictionary once, which is some three times as fast as a CASE on every row.

    Args:
        columns: The layout.
        name: Column of a week.
        exact: Whether to read text that is padded, or has the decimals or full stop that other programs write.
            Without, such cells are NULL too, and reading takes less than half the time.
    """
    kind, cell = columns.table.schema()[name], quoted(name)
    if kind.is_string() or kind.is_null() or kind.is_unknown():
        text = cell if kind.is_string() else f"CAST({cell} AS VARCHAR)"
        # `concat` makes NULL the empty text; the "00" keeps out 0x1F and 0b11, the ".0" decimals and exponents.
        if not exact:
            return f"TRY_CAST(concat('00', {text}, '.0') AS SMALLINT)"
        plain = f"replace(replace(replace(trim({text}, ' .'), '.0', ''), '.', 'x'), '_', 'x')"
        return f"TRY_CAST(concat('00', {plain}, '.0') AS SMALLINT)"
    if kind.is_integer():
        return f"CAST(least(greatest(coalesce({cell}, 0), {NO_CODE}), {_LARGEST}) AS SMALLINT)"
    if kind.is_floating() or kind.is_decimal():
        number = f"CAST({cell} AS DOUBLE)"
        return (
            f"CAST(CASE WHEN {cell} IS NULL OR isnan({number}) THEN 0 WHEN {number} <> trunc({number}) THEN {NO_CODE} "
            f"ELSE least(greatest({number}, {NO_CODE}), {_LARGEST}) END AS SMALLINT)"
        )
    raise BadData(f"The column {name} holds neither text nor numbers: codes such as 890 were expected.")


def kommune_cell(name: str) -> str:
    """Return SQL for the municipality in a cell: NULL when it is no whole number."""
    return f"TRY_CAST(CAST({quoted(name)} AS VARCHAR) AS INTEGER)"


def quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _monday(match: re.Match[str]) -> date:
    year, week = (int(each) for each in match.groups())
    try:
        return date.fromisocalendar(year + (1900 if year >= _FIRST_YEAR else 2000), week, 1)
    except ValueError:
        raise BadData(f"The column {match.group()} is no week of the ISO calendar: remove or rename it.") from None


def _month(match: re.Match[str]) -> date:
    try:
        return date(int(match[1]), int(match[2] or 1), 1)
    except ValueError:
        raise BadData(f"The column {match.group()} is no month: remove or rename it.") from None


def _check_holes(mondays: list[date]) -> None:
    present = set(mondays)
    span = ((mondays[-1] - mondays[0]).days // 7) + 1
    missing = [day for k in range(span) if (day := mondays[0] + timedelta(weeks=k)) not in present]
    if missing:
        names = ", ".join(_column_name(day) for day in missing[:_SHOWN])
        more = "" if len(missing) <= _SHOWN else f" and {len(missing) - _SHOWN} more"
        raise BadData(f"The DREAM extract lacks weeks between its first and last: {names}{more}; read it with them.")


def _column_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"y_{year % 100:02d}{week:02d}"


def _municipality_columns(columns: tuple[str, ...], kommune: str) -> dict[date, str]:
    if kommune in columns:
        return {date.min: kommune}
    dated = re.compile(rf"{re.escape(kommune)}_?(\d{{4}})(?:_?(\d\d))?", re.IGNORECASE)
    found = {_month(match): each for each in columns if (match := dated.fullmatch(each))}
    if not found:
        raise BadData(f"The DREAM extract has no column {kommune}, dated or not: name the column of the municipality.")
    return dict(sorted(found.items()))
