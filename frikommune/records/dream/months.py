"""DREAM's weeks and employment degrees to person-months: one lazy query, nothing held."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ibis.expr.types import Table
from ibis.util import gen_name

from frikommune.errors import BadData
from frikommune.records.dream.codes import NO_CODE, CodeTable, dream_codes, unknown_codes
from frikommune.records.dream.layout import Layout, check_persons, code_cell, kommune_cell, layout, quoted
from frikommune.records.dream.runs import begun, opened, unknown_weeks
from frikommune.sources import Source

_THURSDAY = timedelta(days=3)
_RULE_DA = (
    "En måned er selvforsørget, når ingen af dens uger har en offentlig ydelse; en uge hører til den måned, dens "
    "torsdag ligger i. En tom beskæftigelsesgrad er 0; i måneder uden for befolkningen (udvandret, død) er begge mål "
    "ukendte."
)
_RULE_EN = (
    "A month is self-supporting when none of its weeks has a public benefit; a week belongs to the month of its "
    "Thursday. A blank employment degree is 0; in months outside the population (emigrated, dead) both measures are "
    "unknown."
)


@dataclass(frozen=True, slots=True, repr=False)
class DreamMonths:
    """Person-months, and what was met on the way.

    Attributes:
        table: The `months` table, lazily: person_key, kommune_kode, month ("2017M07"), employment_share (0-1, NULL
            where unknown), self_supporting (NULL where unknown) and `row`, the person's row in the extract.
        persons: Persons read.
        months: The months, all of whose weeks the extract holds.
        without_degree: Months of those without an employment-degree column: their share is unknown.
        capped: Employment degrees above the cap, set to it [person-months].
        unreadable: Employment degrees that are no number or negative: unknown [person-months].
        unknown: Weeks with a code that the code table lacks, by code [person-weeks]: they count as a benefit.
        passed_over: Columns of the extract that were not read.
        text_da: How a month is judged, as a Danish sentence.
        text_en: The same in English.
    """

    table: Table
    persons: int
    months: tuple[str, ...]
    without_degree: tuple[str, ...]
    capped: int
    unreadable: int
    unknown: dict[str, int]
    passed_over: tuple[str, ...]
    text_da: str = _RULE_DA
    text_en: str = _RULE_EN

    def __repr__(self) -> str:
        return f"DreamMonths: {self.persons} persons x {len(self.months)} months, {self.months[0]} to {self.months[-1]}"


def dream_months(
    source: Source | Table,
    *,
    cap: float | None = 1.0,
    person: str = "person_key",
    kommune: str = "kommune_kode",
    codes: Path | None = None,
) -> DreamMonths:
    """Make person-months of a wide DREAM extract: employment share and self-support.

    DREAM holds only those who once had a benefit: a month without a row is not a month without work. The
    municipality is that of the month's first day.

    Args:
        source: The extract: one row a person, columns `y_YYWW` and `beskgrad_YYYY_MM` or `grad_YYYY_MM`, on DuckDB.
        cap: The largest employment share [full-time equivalents]; None leaves overtime in.
        person: Column of the person key.
        kommune: Column of the municipality, or what stands before the date in dated ones.
        codes: An edited copy of `data/dream_codes.csv`.

    Raises:
        BadData: A column is missing or of the wrong kind, weeks are missing, a person has several rows, or the
            weeks cover no whole month.
    """
    columns, table = layout(source, person=person, kommune=kommune), dream_codes(codes)
    persons = check_persons(columns)
    weeks = _weeks_of(columns.mondays)
    if not weeks:
        raise BadData("The weeks of the DREAM extract cover no whole month.")
    labels = tuple(_label(month) for month in weeks)
    unread = [name for month, name in columns.degrees.items() if month not in weeks]
    used = sorted(each for month in weeks.values() for each in month)
    unknown, exact = _unknown_weeks(columns, table, used)
    capped, unreadable = _degree_counts(columns, weeks, cap)
    return DreamMonths(
        table=_view(columns, _query(columns, table, weeks, cap=cap, exact=exact)),
        persons=persons,
        months=labels,
        without_degree=tuple(_label(month) for month in weeks if month not in columns.degrees),
        capped=capped,
        unreadable=unreadable,
        unknown=unknown_codes(unknown),
        passed_over=(*unread, *columns.branches, *columns.others),
    )


def _label(month: date) -> str:
    return f"{month.year}M{month.month:02d}"


def _weeks_of(mondays: tuple[date, ...]) -> dict[date, list[int]]:
    """Return the weeks of every month that the data hold whole, by its first day."""
    found: dict[date, list[int]] = {}
    for number, monday in enumerate(mondays):
        found.setdefault((monday + _THURSDAY).replace(day=1), []).append(number)
    before, after = mondays[0] - timedelta(weeks=1) + _THURSDAY, mondays[-1] + timedelta(weeks=1) + _THURSDAY
    return {
        month: weeks for month, weeks in found.items() if month not in (before.replace(day=1), after.replace(day=1))
    }


def _query(columns: Layout, table: CodeTable, weeks: dict[date, list[int]], *, cap: float | None, exact: bool) -> str:
    used = sorted(each for month in weeks.values() for each in month)
    cells = {each: code_cell(columns, columns.weeks[each], exact=exact) for each in used}
    read = ", ".join(f"coalesce({cell}, {NO_CODE}) AS w{each}" for each, cell in cells.items())
    degrees = ", ".join(
        f"{_degree_cell(columns, columns.degrees[month])} AS g{k}" if month in columns.degrees else f"NULL AS g{k}"
        for k, month in enumerate(weeks)
    )
    homes = {day: f"h{k}" for k, day in enumerate(columns.kommune)}
    placed = ", ".join(f"{kommune_cell(columns.kommune[day])} AS {name}" for day, name in homes.items())
    key = f"CAST({quoted(columns.person)} AS VARCHAR) AS person_key"
    inner = f'SELECT {key}, {placed}, {read}, {degrees}, row_number() OVER () AS "row" FROM {columns.base}'
    gone, none = (_among(table.codes_of(each)) for each in ("emigration_or_death", "self_support"))
    lists = {
        "kommune_kode": [_home(homes, month) for month in weeks],
        "month": [f"'{_label(month)}'" for month in weeks],
        "employment_share": [
            f"CASE WHEN {_any(gone, each)} THEN NULL ELSE {_share(k, month in columns.degrees, cap)} END"
            for k, (month, each) in enumerate(weeks.items())
        ],
        "self_supporting": [
            f"CASE WHEN {_any(gone, each)} THEN NULL ELSE {_all(none, each)} END" for each in weeks.values()
        ],
    }
    unnested = ", ".join(f"unnest([{', '.join(cells)}]) AS {name}" for name, cells in lists.items())
    return f'SELECT person_key, {unnested}, "row" FROM ({inner})'


def _among(codes: tuple[int, ...]) -> str:
    """Return SQL that tells whether {} is one of the codes; a week without benefit is always 0."""
    return f"{{}} IN ({', '.join(str(each) for each in codes) or 'NULL'})"


def _any(test: str, weeks: list[int]) -> str:
    return "(" + " OR ".join(f"coalesce({test.format(f'w{each}')}, FALSE)" for each in weeks) + ")"


def _all(test: str, weeks: list[int]) -> str:
    return "(" + " AND ".join(f"(w{each} = 0 OR coalesce({test.format(f'w{each}')}, FALSE))" for each in weeks) + ")"


def _home(homes: dict[date, str], month: date) -> str:
    return homes[max((day for day in homes if day <= month), default=min(homes))]


def _degree_cell(columns: Layout, name: str) -> str:
    """Return SQL for an employment degree: 0 when blank, -1 when it is no number."""
    cell = quoted(name)
    if columns.table.schema()[name].is_string():
        number = f"TRY_CAST(replace(trim({cell}), ',', '.') AS DOUBLE)"
        value = f"CASE WHEN coalesce(trim({cell}, ' .'), '') = '' THEN 0 ELSE {number} END"
    else:
        value = f"CASE WHEN {cell} IS NULL OR isnan(CAST({cell} AS DOUBLE)) THEN 0 ELSE CAST({cell} AS DOUBLE) END"
    return f"coalesce({value}, -1)"


def _share(number: int, known: bool, cap: float | None) -> str:  # noqa: FBT001  # one of three facts of a month
    if not known:
        return "CAST(NULL AS DOUBLE)"
    value = f"g{number}" if cap is None else f"least(g{number}, {cap!r})"
    return f"CASE WHEN isfinite(g{number}) AND g{number} >= 0 THEN {value} END"


def _degree_counts(columns: Layout, weeks: dict[date, list[int]], cap: float | None) -> tuple[int, int]:
    cells = [_degree_cell(columns, name) for month, name in columns.degrees.items() if month in weeks]
    if not cells:
        return 0, 0
    wrong = [f"sum(CAST(NOT isfinite({cell}) OR {cell} < 0 AS BIGINT))" for cell in cells]
    above = [f"sum(CAST(isfinite({cell}) AND {cell} > {cap!r} AS BIGINT))" for cell in cells] if cap is not None else []
    found = columns.run(f"SELECT {', '.join(wrong + above)} FROM {columns.base}").fetchall()[0]
    numbers = [each or 0 for each in found]
    return sum(numbers[len(wrong) :]), sum(numbers[: len(wrong)])


def _unknown_weeks(columns: Layout, table: CodeTable, weeks: list[int]) -> tuple[Counter[int], bool]:
    """Count unknown codes in one pass; tell too whether the extract's text needs the exact way."""
    from_last = [each - len(columns.weeks) for each in weeks]
    wide, exact = begun(columns)
    unknown = unknown_weeks(wide, from_last, table)
    if unknown[NO_CODE] and not exact:
        return unknown_weeks(opened(columns, exact=True), from_last, table), True
    return unknown, exact


def _view(columns: Layout, query: str) -> Table:
    backend, name = columns.table.get_backend(), gen_name("dream_months")
    backend.con.execute(f"CREATE TEMPORARY VIEW {name} AS {query}")
    return backend.table(name)
