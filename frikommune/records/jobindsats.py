"""jobindsats tables (version 3), JSON or CSV, to the `municipal` table.

An answer has the columns of its period, its area, its dimensions, and one column a measure, all headed by their Danish
names. JSON is `{"columns": [...], "rows": [[...]]}` with numbers as numbers; CSV has a byte-order mark, `;`, a decimal
comma, and `-` and `..` for what is not there.

Periods are months (2019M01), quarters (2019Q1), years (2019 or 2019Y01) and rolling years (2019QMAT1: four quarters
that end with the first of 2019). A rolling year overlaps its neighbours and is never taken for a quarter.

References:
    https://jobindsats.dk/api/kom-i-gang/brugervejledning-til-version-3/
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.disclosure import cpr_columns, holds_cpr
from frikommune.errors import BadData, UnknownName
from frikommune.exports import local_text, opened
from frikommune.records.figures import (
    MISSING,
    NOT_CHOSEN,
    OTHER_PERIOD,
    Dash,
    Municipal,
    area_codes,
    check_single,
    choose_rows,
    keep_municipal,
    with_aside,
)
from frikommune.records.figures import numbers as read_numbers
from frikommune.sources import Source

Kind = Literal["M", "Q", "Y", "QMAT"]

_PERIOD = re.compile(r"(?P<year>\d{4})(?:(?P<kind>QMAT|M|Q|K|Y)(?P<number>\d{1,2}))?", re.IGNORECASE)
_MONTH = re.compile(r"(?P<month>[a-zæøå]{3,9})\.?\s+(?P<year>\d{4})", re.IGNORECASE)
_QUARTER = re.compile(r"(?P<number>[1-4])\.\s*(?:kvt|kvartal)\.?\s+(?P<year>\d{4})", re.IGNORECASE)
_ROLLING = re.compile(rf"{_QUARTER.pattern.replace('P<', 'P<from_')}\s*[-–]\s*{_QUARTER.pattern}", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_LAST = {"M": 12, "Q": 4, "QMAT": 4, "Y": 1}
_NAMES = {"M": "months", "Q": "quarters", "Y": "years", "QMAT": "rolling years"}


def municipal(
    source: Source | Table,
    indicator: str,
    *,
    measure: str | None = None,
    kind: Kind | None = None,
    choose: Mapping[str, str] | None = None,
    dash: Dash = "missing",
) -> Municipal:
    """Keep the municipalities of a jobindsats table, and say what was set aside.

    Args:
        source: The table as read; `json_table` makes one of a JSON answer.
        indicator: Key of the indicator that its figures are.
        measure: Column of figures, where the table has several.
        kind: Kind of period to keep, where the table has several; needed for rolling years ("QMAT": 2019QMAT1).
        choose: The value to keep of every dimension that has several, by column.
        dash: What "-" means in the table: "nil" for 0, "missing" for no figure.

    Returns:
        The figures; `absent` names the municipalities that the table does not hold.

    Raises:
        BadData: No column holds areas, periods or figures, several do, a dimension has several values, periods
            are mixed, or figures have points that mark thousands and points that mark decimals.
        UnknownName: A column or value that was asked for is not there.
    """
    table, name = opened(source)
    everything = local_text(table)
    area, period = _area(everything, name), _period(everything, name)
    value = _measure(everything, [area, period], measure, name)
    frame = choose_rows(everything, choose or {}, name)
    known = {area, period, value, *_measures(everything, [area, period])}
    check_single(frame, frame.columns.difference(known, sort=False), (area, period), name)
    frame, kinds = _labelled_periods(frame, period)
    ours = kinds == _kind(kinds, kind, name)
    found = keep_municipal(
        frame[ours], area=area, period=period, value=value, indicator=indicator, name=name, comma=True, dash=dash
    )
    if found.frame.empty:
        raise BadData(
            f"{name} holds no figure of a municipality: {len(everything)} rows of other areas or none at all."
        )
    found = with_aside(found, everything.index.difference(frame.index), NOT_CHOSEN)
    found = with_aside(found, frame.index[~ours], OTHER_PERIOD)
    others = {str(each): int(count) for each, count in frame.loc[~ours, period].value_counts().sort_index().items()}
    return dataclasses.replace(found, rows=len(everything), unchosen=len(everything) - len(frame), periods=others)


def json_table(body: bytes, name: str) -> Table:
    """Make a table of a JSON answer, every value as text.

    Args:
        body: The answer, as saved.
        name: What it is called, for messages.

    Raises:
        BadData: It is no JSON, breaks off, is not `{columns, rows}` with rows as long as the heading, or holds CPR
            numbers.
    """
    answer = read_answer(body, name)
    columns = zip(*answer["rows"], strict=True) if answer["rows"] else ([] for _ in answer["columns"])
    texts = [pa.array([_text(value) for value in each], pa.string()) for each in columns]
    _refuse_cpr(answer["columns"], texts, name)
    return ibis.memtable(pa.table(texts, names=answer["columns"]))


def _refuse_cpr(columns: Sequence[str], texts: Sequence[pa.Array], name: str) -> None:
    """Refuse CPR numbers: official figures are of no person, and the names of areas set aside are told."""
    if any(map(holds_cpr, columns)):
        raise BadData(f"{name} has a CPR number in the name of a column: it is no table of official figures.")
    places = [str(place) for place in range(len(columns))]
    found = cpr_columns(ibis.memtable(pa.table(list(texts), names=places)))
    if found:
        told = ", ".join(f"{columns[int(place)]} ({count} rows)" for place, count in found.items())
        raise BadData(f"{name} holds CPR numbers in the column {told}: it is no table of official figures.")


def read_answer(body: bytes, name: str) -> dict[str, Any]:
    """Read and check a JSON answer: `{"columns": [names], "rows": [[values]]}`, perhaps with more beside them.

    Raises:
        BadData: It is no JSON, breaks off, or is something else.
    """
    try:
        answer = json.loads(body.decode("utf-8-sig"))
        json.dumps(answer, ensure_ascii=False).encode()  # half a character, as in "\\ud800", is no text
    except (ValueError, RecursionError) as fault:
        raise BadData(f"{name} is no whole JSON answer: it breaks off or is damaged; fetch it again.") from fault
    columns, rows = (answer.get("columns"), answer.get("rows")) if isinstance(answer, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(rows, list) or not columns:
        raise BadData(f"{name} is not of the form {{columns, rows}} that version 3 of jobindsats answers with.")
    if not all(isinstance(each, str) and each for each in columns) or len(set(columns)) != len(columns):
        raise BadData(f"{name} has a heading that is empty, twice there or no text: {len(columns)} columns were read.")
    odd = sum(not isinstance(row, list) or len(row) != len(columns) for row in rows)
    if odd:
        raise BadData(f"{name}: {odd} of {len(rows)} rows do not have the {len(columns)} values of the heading.")
    return answer


def parse_period(text: str) -> tuple[Kind, str]:
    """Return the kind and the uniform label of a period, from its key or its Danish name.

    Raises:
        BadData: It is no month, quarter, year or rolling year.
    """
    if match := _PERIOD.fullmatch(text.strip()):
        kind = (match["kind"] or "Y").upper().replace("K", "Q")
        return _labelled(kind, match["year"], int(match["number"] or 1), text)
    if match := _ROLLING.fullmatch(text.strip()):
        return _labelled("QMAT", match["year"], int(match["number"]), text)
    if match := _QUARTER.fullmatch(text.strip()):
        return _labelled("Q", match["year"], int(match["number"]), text)
    match = _MONTH.fullmatch(text.strip())
    if match and match["month"].casefold()[:3] in _MONTHS:
        return _labelled("M", match["year"], _MONTHS.index(match["month"].casefold()[:3]) + 1, text)
    raise BadData(f"{text!r} is no period of jobindsats: 2019M01, 2019Q1, 2019QMAT1, 2019 or a name was expected.")


def _labelled_periods(frame: pd.DataFrame, period: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return the table with uniform labels, and the kind of every row's period."""
    found = {each: parse_period(each) for each in frame[period].unique()}
    kinds = frame[period].map({each: kind for each, (kind, _) in found.items()})
    return frame.assign(**{period: frame[period].map({each: label for each, (_, label) in found.items()})}), kinds


def _labelled(kind: str, year: str, number: int, text: str) -> tuple[Any, str]:
    if not 1 <= number <= _LAST[kind]:
        raise BadData(f"{text!r} is no period: there is no such month or quarter.")
    return kind, year if kind == "Y" else f"{year}{kind}{number:0{2 if kind == 'M' else 1}d}"


def _is_period(text: str) -> bool:
    try:
        parse_period(text)
    except BadData:
        return False
    return True


def _area(frame: pd.DataFrame, name: str) -> str:
    areas = {
        column: sum(code is not None for text, code in area_codes(frame[column]).items() if not text.isdigit())
        for column in frame.columns
    }
    area = max(areas, key=lambda column: areas[column], default="")
    if not areas.get(area):
        raise BadData(f"{name} has no column of municipalities; its columns are {', '.join(frame.columns)}.")
    return area


def _period(frame: pd.DataFrame, name: str) -> str:
    found = [column for column in frame.columns if all(_is_period(each) for each in frame[column].unique())]
    headed = [column for column in found if column.casefold().startswith("perio")]
    if not found:
        raise BadData(f"{name} has no column of periods; its columns are {', '.join(frame.columns)}.")
    return (headed or found)[0]


def _measures(frame: pd.DataFrame, known: list[str]) -> list[str]:
    """Return the columns that hold figures: numbers and marks for none, at least one of them a number."""
    rest = frame.drop(columns=known)
    return [column for column in rest.columns if not rest[column].isin(MISSING).all() and _is_figures(rest[column])]


def _is_figures(texts: pd.Series) -> bool:
    try:
        return not read_numbers(texts, comma=True)[1]
    except BadData:
        # Figures all the same, in two ways of writing: said when the column is read.
        return True


def _measure(frame: pd.DataFrame, known: list[str], asked: str | None, name: str) -> str:
    found = _measures(frame, known)
    if asked is not None:
        if asked not in frame.columns:
            raise UnknownName.among(f"column in {name}", asked, frame.columns)
        return asked
    if len(found) != 1:
        listed = f": {', '.join(found)}" if found else ""
        raise BadData(f"{name} has {len(found)} columns of figures{listed}; name one with measure=.")
    return found[0]


def _kind(kinds: pd.Series, asked: Kind | None, name: str) -> str:
    counts = kinds.value_counts().to_dict()
    listed = " and ".join(f"{count} rows of {_NAMES[each]}" for each, count in counts.items())
    if asked is not None and asked not in counts:
        raise BadData(f"{name} holds no {_NAMES[asked]}: it holds {listed or 'no rows'}.")
    if asked is None and (len(counts) != 1 or "QMAT" in counts):
        raise BadData(
            f"{name} holds {listed or 'no rows'}: name the kind to keep with kind=; rolling years overlap and are no "
            "quarters."
        )
    return asked or next(iter(counts))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        # As in the CSV answers: a comma for decimals, so that a point can only be a thousands mark.
        return format(Decimal(repr(value)), "f").replace(".", ",")
    return str(value)
