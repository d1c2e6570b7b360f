"""Exports of municipal case systems, to the `cases` table.

Every system and every municipality exports other columns, so a mapping file (TOML) says what is what. The use of a
waiver is read from a dated tag (KMD Momentum marks participation in a trial so, several tags in a cell) or from a
column of its own. A row that cannot be read is set aside with its number and the reason: rows read = kept + set aside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, DateValue, IntegerValue, StringValue, Table

from frikommune.disclosure import MARK
from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import code_of, is_municipality
from frikommune.records.mapping import DATES, CaseMapping, Tags, WaiverColumn, read_case_mapping, tag_pattern
from frikommune.schema import numbered
from frikommune.sources import Source

__all__ = ["CaseMapping", "Cases", "cases", "read_case_mapping"]

_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_NO = ibis.literal(value=False)


@dataclass(frozen=True, slots=True, repr=False)
class Cases:
    """Cases of a municipal system, and the rows that could not be read.

    Attributes:
        table: Columns person_key, kommune_kode, target_group, opened, decided, meeting, closed, waiver_used and
            waiver_date, the numbers of the mapping, and `row` (the first row after the heading is 1); lazy.
        set_aside: Rows that could not be read: row and reason.
        rows: Rows read: those kept and those of `set_aside`.
        kept: Rows of `table`.
        uses: Cases kept in which the waiver was used.
        other_tags: Tags in the file that mark something else than the waiver.
        unmapped: Columns of the file that the mapping neither names nor ignores.
    """

    table: Table
    set_aside: pd.DataFrame
    rows: int
    kept: int
    uses: int
    other_tags: int
    unmapped: tuple[str, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Rows set aside, by reason; a row with two faults counts under both."""
        each = self.set_aside["reason"].str.split("; ").explode()
        return {str(reason): int(count) for reason, count in each.value_counts().sort_index().items()}

    def __repr__(self) -> str:
        used = f"{self.uses} with use of the waiver"
        return f"Cases: {self.rows} rows read, {self.kept} kept ({used}), {len(self.set_aside)} set aside"


def cases(source: Source | Table, mapping: CaseMapping) -> Cases:
    """Read a case export by its mapping.

    Args:
        source: The export as read, its person keys already replaced.
        mapping: Which column is what.

    Raises:
        UnknownName: The file lacks a column that the mapping names.
        BadData: The file breaks off, or its keys are CPR numbers that were not hidden when it was read.
    """
    table, about, lines = (
        (source.table, source.provenance, source.aside) if isinstance(source, Source) else (source, None, None)
    )
    masked = tuple(about.masked) if about else ()
    _check_columns(table, mapping, about.name if about else "The table", masked)
    rows = numbered(_stripped(table, mapping, masked), lines)
    read = _with_uses(rows, mapping)
    faults, columns = _columns(read, mapping)
    faults |= {f"a CPR number in {each}": (read[each] == MARK).fill_null(_NO) for each in masked}
    judged = read.select(row=read["row"], reason=_reasons(faults), **columns)
    right = judged["reason"] == ""
    kept = judged.filter(right).drop("reason")
    aside = judged.filter(~right).select("row", "reason")
    aside = aside if lines is None else aside.union(lines.select("row", reason=_line_reason(lines)))
    counts = judged.aggregate(rows=judged.count(), kept=right.sum(), uses=(right & judged["waiver_used"]).sum())
    total = counts.to_pyarrow().to_pylist()[0]
    return Cases(
        table=kept,
        set_aside=aside.order_by("row").to_pyarrow().to_pandas(),
        rows=int(total["rows"]) + (sum(about.aside.values()) if about else 0),
        kept=int(total["kept"] or 0),
        uses=int(total["uses"] or 0),
        other_tags=_other_tags(rows, mapping),
        unmapped=tuple(each for each in table.columns if each not in (*mapping.named(), *mapping.ignored)),
    )


@ibis.udf.scalar.builtin(name="try_strptime", signature=(("string", "string"), "timestamp"))  # type: ignore[untyped-decorator]
def _try_strptime(text: str, form: str) -> object:
    """Read a time, or nothing when the text is none: DuckDB's own function."""


def _blank(value: ibis.Value) -> BooleanValue:
    return value.isnull()  # noqa: PD003 - Ibis has no isna


def _line_reason(lines: Table) -> StringValue:
    return "line " + lines.line.cast("string") + ": " + lines.reason


def _check_columns(table: Table, mapping: CaseMapping, name: str, masked: tuple[str, ...]) -> None:
    if mapping.columns.person_key in masked:
        raise BadData(
            f"{name} has CPR numbers in its key column {mapping.columns.person_key}: read it with keys= and secret=, "
            f"and they are replaced by a keyed hash."
        )
    for column in mapping.named():
        if column not in table.columns:
            raise UnknownName.among(f"column in {name}", column, table.columns)


def _stripped(table: Table, mapping: CaseMapping, masked: tuple[str, ...]) -> Table:
    """Keep the columns that the mapping names or CPR numbers were in, as text without blanks; an empty one is none."""
    names = dict.fromkeys((*mapping.named(), *masked))
    return table.select(**{each: table[each].cast("string").strip().nullif("") for each in names})


def _columns(read: Table, mapping: CaseMapping) -> tuple[dict[str, BooleanValue], dict[str, ibis.Value]]:
    """Return the faults that a row may have, by reason, and the columns of the contract."""
    columns: dict[str, ibis.Value] = {"person_key": read[mapping.columns.person_key]}
    faults = {"no person key": _blank(columns["person_key"])}
    columns["kommune_kode"] = _kommune(read, mapping)
    faults["no municipality of the 98"] = _blank(columns["kommune_kode"])
    columns["target_group"] = _target_group(read, mapping)
    faults["a target group that the mapping does not name"] = _blank(columns["target_group"])
    for key in DATES:
        column = getattr(mapping.columns, key)
        columns[key] = ibis.null("date") if column is None else _date(read[column], mapping.dates)
        if column is not None:
            faults[f"a date in {column} that cannot be read"] = ~_blank(read[column]) & _blank(columns[key])
    faults["no date of opening"] = _blank(read[mapping.columns.opened])
    for key, column in mapping.numbers.items():
        columns[key] = _number(read[column], mapping.decimal)
        faults[f"a number in {column} that cannot be read"] = ~_blank(read[column]) & _blank(columns[key])
    columns |= {"waiver_used": read["waiver_used"], "waiver_date": read["waiver_date"]}
    faults["a waiver marked without a date that can be read"] = read["waiver_fault"]
    return faults, columns


def _reasons(faults: Mapping[str, BooleanValue]) -> StringValue:
    marks = [ibis.cases((fault, f"{reason}; "), else_="") for reason, fault in faults.items()]
    return reduce(lambda left, right: left.concat(right), marks).re_replace("; $", "")


def _date(text: StringValue, forms: Iterable[str]) -> DateValue:
    """Read a date in the first form that fits; a year that no case can be of is no date."""
    read = ibis.coalesce(*(_try_strptime(text, form) for form in forms)).date()
    return ibis.cases((read.year().between(_FIRST_YEAR, _LAST_YEAR), read), else_=ibis.null("date"))


def _number(text: StringValue, decimal: str) -> ibis.Value:
    thousands = "." if decimal == "," else ","
    plain = text.replace(" ", "").replace(thousands, "").replace(decimal, ".")
    right = plain.re_search(r"^[+-]?\d{1,15}(\.\d+)?$")
    return ibis.cases((right, plain.try_cast("float64")), else_=ibis.null("float64"))


def _kommune(read: Table, mapping: CaseMapping) -> IntegerValue:
    """Return the code; only the spellings that occur go into the query."""
    if mapping.columns.kommune is None:
        return ibis.literal(mapping.kommune_kode, "int64")
    text = read[mapping.columns.kommune]
    spellings = read.select(spelling=text).distinct().to_pyarrow()["spelling"].to_pylist()
    codes = {each: code_of(each) for each in spellings if each is not None and is_municipality(each)}
    return text.substitute(codes, else_=ibis.null("int64")) if codes else ibis.null("int64")


def _target_group(read: Table, mapping: CaseMapping) -> StringValue:
    text = read[mapping.columns.target_group]
    if not mapping.target_groups:
        return text
    known = {value.strip().lower(): key for value, key in mapping.target_groups.items()}
    return text.lower().substitute(known, else_=ibis.null("string"))


def _with_uses(numbered: Table, mapping: CaseMapping) -> Table:
    """Add waiver_used, waiver_date and waiver_fault to every row."""
    if isinstance(mapping.waiver, WaiverColumn):
        return _marked(numbered, mapping.waiver, mapping.dates)
    ours = _pieces(numbered, mapping.waiver, mapping.dates).filter(lambda table: table["ours"])
    uses = ours.group_by("row").aggregate(
        waiver_date=ours["date"].min(), waiver_fault=_blank(ours["date"]).any(), waiver_used=~_NO
    )
    joined = numbered.left_join(uses, "row").drop("row_right")
    return joined.mutate(
        waiver_used=joined["waiver_used"].fill_null(_NO), waiver_fault=joined["waiver_fault"].fill_null(_NO)
    )


def _marked(numbered: Table, waiver: WaiverColumn, forms: Iterable[str]) -> Table:
    """Read the use from a column of its own, with or without a date in another."""
    used = numbered[waiver.column].lower().isin([each.strip().lower() for each in waiver.used]).fill_null(_NO)
    if waiver.date is None:
        return numbered.mutate(waiver_used=used, waiver_date=ibis.null("date"), waiver_fault=_NO)
    date = _date(numbered[waiver.date], forms)
    fault = (used | ~_blank(numbered[waiver.date])) & _blank(date)
    return numbered.mutate(waiver_used=used, waiver_date=date, waiver_fault=fault)


def _pieces(numbered: Table, tags: Tags, forms: Iterable[str]) -> Table:
    """Take the cells of tags apart: row, the date of each tag, and whether it marks the waiver.

    A tag of the waiver without a date that can be read is one of the waiver's all the same: the row is set aside, and
    the use never passed over.
    """
    pieces = numbered.select("row", piece=numbered[tags.column].split(tags.separator).unnest())
    pieces = pieces.mutate(piece=pieces["piece"].strip()).filter(lambda table: table["piece"] != "")
    pattern, tag, date = tag_pattern(tags.form)
    read = pieces.mutate(
        tag=pieces["piece"].re_extract(pattern, tag).strip().lower(),
        date=_date(pieces["piece"].re_extract(pattern, date), forms),
    )
    names = [each.strip().lower() for each in tags.used]
    named = reduce(or_, (read["piece"].lower().contains(name) for name in names))
    return read.select("row", "date", ours=read["tag"].isin(names) | (named & _blank(read["date"])))


def _other_tags(numbered: Table, mapping: CaseMapping) -> int:
    if isinstance(mapping.waiver, WaiverColumn):
        return 0
    others = _pieces(numbered, mapping.waiver, mapping.dates).filter(lambda table: ~table["ours"])
    return int(others.count().to_pyarrow().as_py())
