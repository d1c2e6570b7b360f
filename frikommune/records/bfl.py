"""BFL, the Danish register of paid hours (e-income), to the table `months`: share of full time by person and month."""

from dataclasses import dataclass

import duckdb
import ibis
import pandas as pd
from ibis.expr.types import Table
from ibis.util import gen_name

from frikommune.errors import BadData
from frikommune.exports import opened
from frikommune.sources import Source

FULL_TIME = 160.33  # hours a month: 37 a week
_UNREADABLE = "no person key, month or hours that can be read"

_MONTH = r"(\d{4})[-M_]?(0[1-9]|1[0-2])(-?\d{2}([ T].*)?)?"

_RULE_DA = (
    "Beskæftigelsesandelen er månedens betalte timer hos alle arbejdsgivere divideret med {hours} timer{cap}. En "
    "person i populationen uden en række i en måned er regnet for uden lønnet arbejde (0), ikke for ukendt: "
    "selvstændige og ansatte i udlandet står ikke i BFL. Mangler timerne i en af månedens rækker, er andelen ukendt."
)
_RULE_EN = (
    "The employment share is the month's paid hours with all employers divided by {hours} hours{cap}. A person of the "
    "population without a row in a month is taken to be without paid work (0), not unknown: the self-employed and "
    "those employed abroad are not in BFL. Where the hours of one of the month's rows are missing, the share is "
    "unknown."
)


@dataclass(frozen=True, slots=True, repr=False)
class BflMonths:
    """Person-months of paid work, and what was met and set aside on the way.

    Attributes:
        table: The `months` table, lazily: person_key, kommune_kode, month ("2017M07"), employment_share (NULL where
            unknown) and self_supporting, which BFL does not know: NULL.
        persons: Persons of the population.
        months: The months, from the first to the last.
        rows: Rows of BFL read: those used, of strangers, outside the population's months, and unreadable.
        used: Rows that went into a share.
        strangers: Rows of persons whom the population does not hold: set aside.
        elsewhen: Rows of persons of the population in months that it does not hold for them: set aside.
        unreadable: Rows whose person key, month or hours cannot be read: set aside.
        set_aside: Those rows: row (the first row after the heading is 1) and reason.
        negative: Rows of negative hours (corrections), netted against the month's other rows.
        below_zero: Person-months whose hours net to less than zero: their share is 0.
        capped: Person-months with more than the cap, set to it.
        empty: Person-months of the population without a row: their share is 0.
        unknown: Person-months with a row whose hours cannot be read: their share is unknown.
        text_da: How the share is made, as Danish sentences.
        text_en: The same in English.
    """

    table: Table
    persons: int
    months: tuple[str, ...]
    rows: int
    used: int
    strangers: int
    elsewhen: int
    unreadable: int
    set_aside: pd.DataFrame
    negative: int
    below_zero: int
    capped: int
    empty: int
    unknown: int
    text_da: str
    text_en: str

    def __repr__(self) -> str:
        return f"BflMonths: {self.persons} persons, {len(self.months)} months, {self.used} of {self.rows} rows used"


def bfl_months(
    source: Source | Table,
    *,
    population: Source | Table,
    cap: float | None = 1.0,
    full_time: float = FULL_TIME,
    person: str = "person_key",
    month: str = "month",
    hours: str = "hours",
) -> BflMonths:
    """Make the employment share of every person of a population in every month from paid hours.

    Args:
        source: BFL: one row a person, employer and month, on DuckDB.
        population: Whom the study holds: person_key and kommune_kode, one row a person, who is then followed from
            the first to the last month of BFL; with a column month too, one row a person and month.
        cap: The largest employment share [full-time equivalents]; None leaves overtime in.
        full_time: Hours of a full-time month [hours].
        person: Column of the person key, in BFL.
        month: Column of the month, in BFL: a date, 201707, 2017-07 or 2017M07.
        hours: Column of the paid hours, in BFL; a decimal comma is read as one.

    Raises:
        BadData: A column is missing, the population holds somebody twice, a month cannot be read, or either table
            holds CPR numbers outside its keys or lines that are no rows.
    """
    paid, people = (opened(each)[0] for each in (source, population))
    _check_columns(paid, (person, month, hours), "BFL")
    _check_columns(people, ("person_key", "kommune_kode"), "The population")
    con = paid.get_backend().con
    rows = _view(con, _rows_query(paid, person, month, hours))
    grid, months, persons = _grid(con, rows, people)
    counts = _row_counts(con, rows, grid)
    hours_view = _view(con, _hours_query(rows, grid))
    below_zero, capped, empty, unknown = _hour_counts(con, hours_view, None if cap is None else cap * full_time)
    return BflMonths(
        table=paid.get_backend().table(_view(con, _share_query(hours_view, full_time, cap))),
        persons=persons,
        months=months,
        **counts,
        set_aside=_set_aside(con, rows),
        below_zero=below_zero,
        capped=capped,
        empty=empty,
        unknown=unknown,
        text_da=_RULE_DA.format(hours=_danish(full_time), cap="" if cap is None else f", højst {_danish(cap)}"),
        text_en=_RULE_EN.format(hours=f"{full_time:g}", cap="" if cap is None else f", at most {cap:g}"),
    )


def _danish(number: float) -> str:
    return f"{number:g}".replace(".", ",")


def _check_columns(table: Table, wanted: tuple[str, ...], what: str) -> None:
    missing = [each for each in wanted if each not in table.columns]
    if missing:
        raise BadData(f"{what} has no column {missing[0]}: it was expected beside the others of {', '.join(wanted)}.")


def _rows_query(paid: Table, person: str, month: str, hours: str) -> str:
    number = f"TRY_CAST(replace(trim(CAST({_quoted(hours)} AS VARCHAR)), ',', '.') AS DOUBLE)"
    return (
        f"SELECT nullif(trim(CAST({_quoted(person)} AS VARCHAR)), '') AS person_key, {_label(month)} AS month, "
        f"CASE WHEN isfinite({number}) THEN {number} END AS hours FROM ({ibis.to_sql(paid, dialect='duckdb')})"
    )


def _label(month: str) -> str:
    """Return SQL for a month as "2017M07", NULL when it cannot be read."""
    text = f"trim(CAST({_quoted(month)} AS VARCHAR))"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_MONTH}') "
        f"THEN concat(left({text}, 4), 'M', regexp_extract({text}, '{_MONTH}', 2)) END"
    )


def _grid(con: duckdb.DuckDBPyConnection, rows: str, people: Table) -> tuple[str, tuple[str, ...], int]:
    """Make the person-months of the population in BFL's own database; return its name, months and persons."""
    held = _moved(con, people)
    monthly = "month" in people.columns
    bad = "month IS NULL OR person_key IS NULL" if monthly else "person_key IS NULL"
    key = "person_key, month" if monthly else "person_key"
    total, faulty, distinct, persons = con.sql(
        f"SELECT count(*), count(*) FILTER ({bad}), (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {held})), "
        f"count(DISTINCT person_key) FROM {held}"
    ).fetchall()[0]
    if faulty or not total:
        raise BadData(f"The population has {faulty} of {total} rows without a person key or a month that can be read.")
    if distinct < total:
        raise BadData(f"The population has {total - distinct} rows too many: one row for each {key} was expected.")
    seen = held if monthly else rows
    first, last = con.sql(f"SELECT min(month), max(month) FROM {seen} WHERE month IS NOT NULL").fetchall()[0]
    if first is None:
        raise BadData("BFL has no row with a month that can be read: 2017-07, 201707 or 2017M07 were expected.")
    months = _months(first, last)
    if monthly:
        return held, months, persons
    labels = ", ".join(f"('{each}')" for each in months)
    query = f"SELECT person_key, kommune_kode, month FROM {held} CROSS JOIN (VALUES {labels}) AS m(month)"
    return _view(con, query), months, persons


def _moved(con: duckdb.DuckDBPyConnection, people: Table) -> str:
    """Bring the population to where BFL lives: one small row a person, so that the two can be joined."""
    month = f", {_label('month')} AS month" if "month" in people.columns else ""
    found = people.get_backend().con.sql(
        "SELECT nullif(trim(CAST(person_key AS VARCHAR)), '') AS person_key, "
        f"TRY_CAST(CAST(kommune_kode AS VARCHAR) AS INTEGER) AS kommune_kode{month} "
        f"FROM ({ibis.to_sql(people, dialect='duckdb')})"
    )
    name, held = gen_name("bfl"), found.to_arrow_table()
    con.register(f"{name}_held", held)
    con.execute(f"CREATE TEMPORARY TABLE {name} AS SELECT * FROM {name}_held")
    con.unregister(f"{name}_held")
    return name


def _months(first: str, last: str) -> tuple[str, ...]:
    start, end = (int(each[:4]) * 12 + int(each[5:]) - 1 for each in (first, last))
    return tuple(f"{number // 12}M{number % 12 + 1:02d}" for number in range(start, end + 1))


def _row_counts(con: duckdb.DuckDBPyConnection, rows: str, grid: str) -> dict[str, int]:
    readable = "r.person_key IS NOT NULL AND r.month IS NOT NULL AND r.hours IS NOT NULL"
    found = con.sql(
        f"SELECT count(*), count(*) FILTER ({readable} AND g.person_key IS NOT NULL), "
        f"count(*) FILTER ({readable} AND p.person_key IS NULL), "
        f"count(*) FILTER ({readable} AND p.person_key IS NOT NULL AND g.person_key IS NULL), "
        f"count(*) FILTER (NOT ({readable})), "
        f"count(*) FILTER ({readable} AND g.person_key IS NOT NULL AND r.hours < 0) "
        f"FROM {rows} AS r LEFT JOIN (SELECT DISTINCT person_key FROM {grid}) AS p USING (person_key) "
        f"LEFT JOIN {grid} AS g ON g.person_key = r.person_key AND g.month = r.month"
    ).fetchall()[0]
    return dict(zip(("rows", "used", "strangers", "elsewhen", "unreadable", "negative"), found, strict=True))


def _set_aside(con: duckdb.DuckDBPyConnection, rows: str) -> pd.DataFrame:
    found = con.sql(
        f"SELECT row, '{_UNREADABLE}' AS reason FROM (SELECT *, row_number() OVER () AS row FROM {rows}) "
        "WHERE person_key IS NULL OR month IS NULL OR hours IS NULL ORDER BY row"
    ).fetchall()
    return pd.DataFrame(found, columns=["row", "reason"]).astype({"row": "int64", "reason": object})


def _hours_query(rows: str, grid: str) -> str:
    """Return SQL for the hours of every person-month: NULL without a row, and where those of a row are not known."""
    return (
        f"SELECT g.person_key, g.kommune_kode, g.month, coalesce(t.unknown, FALSE) AS unknown, "
        f"CASE WHEN NOT t.unknown THEN t.hours END AS hours FROM {grid} AS g LEFT JOIN "
        f"(SELECT person_key, month, sum(hours) AS hours, bool_or(hours IS NULL) AS unknown FROM {rows} GROUP BY ALL) "
        f"AS t ON t.person_key = g.person_key AND t.month = g.month"
    )


def _hour_counts(con: duckdb.DuckDBPyConnection, hours: str, most: float | None) -> tuple[int, int, int, int]:
    above = "FALSE" if most is None else f"hours > {most!r}"
    found = con.sql(
        f"SELECT count(*) FILTER (hours < 0), count(*) FILTER ({above}), "
        f"count(*) FILTER (hours IS NULL AND NOT unknown), count(*) FILTER (unknown) FROM {hours}"
    ).fetchall()[0]
    return int(found[0]), int(found[1]), int(found[2]), int(found[3])


def _share_query(hours: str, full_time: float, cap: float | None) -> str:
    share = f"greatest(coalesce(hours, 0), 0) / {full_time!r}"
    share = share if cap is None else f"least({share}, {cap!r})"
    return (
        f"SELECT person_key, kommune_kode, month, "
        f"CASE WHEN NOT unknown THEN CAST({share} AS DOUBLE) END AS employment_share, "
        f"CAST(NULL AS BOOLEAN) AS self_supporting FROM {hours}"
    )


def _view(con: duckdb.DuckDBPyConnection, query: str) -> str:
    name = gen_name("bfl")
    con.execute(f"CREATE TEMPORARY VIEW {name} AS {query}")
    return name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
