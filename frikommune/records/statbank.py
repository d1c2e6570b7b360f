"""StatBank tables as a user downloads them, to the `municipal` table.

The area column mixes the country, regions, provinces and municipalities; the other columns are dimensions that
must be down to one value each. Which column is which is found from what stands in it, whether the table shows
codes, texts, both in one column ("101 København") or both in two.

References:
    Statistics Denmark: StatBank API, https://www.dst.dk/en/Statistik/hjaelp-til-statistikbanken/api
"""

import dataclasses
import re
from collections.abc import Mapping

import pandas as pd
from ibis.expr.types import Table

from frikommune.calendar import frequency, is_period, period_label
from frikommune.errors import BadData
from frikommune.exports import local_text, opened
from frikommune.municipalities import area_code
from frikommune.records.figures import (
    NOT_CHOSEN,
    Dash,
    Municipal,
    check_cover,
    check_single,
    choose_rows,
    keep_municipal,
    with_aside,
)
from frikommune.sources import Source

# Headings in Danish and English, as codes and as texts.
_PERIODS = ("tid", "time", "periode", "period", "år", "year", "kvartal", "quarter", "måned", "month")
_VALUES = ("indhold", "contents", "content", "værdi", "value")

# Periods of a StatBank table that are no year, quarter or month: half-year, week, day, several years.
_OTHER_PERIOD = re.compile(r"\d{4}(?:H[12]|U\d{2}|W\d{2}|M\d{2}D\d{2}|[:/-]\d{4})", re.IGNORECASE)
_KINDS = {"Y": "years", "Q": "quarters", "M": "months"}


def municipal(
    source: Source | Table, indicator: str, *, choose: Mapping[str, str] | None = None, dash: Dash = "missing"
) -> Municipal:
    """Keep exactly the 98 municipalities of a StatBank table, and say what was set aside.

    Args:
        source: The table as read.
        indicator: Key of the indicator that its figures are.
        choose: The value to keep of every dimension that has several, by column.
        dash: What "-" means in the table: "nil" for 0, "missing" for no figure.

    Returns:
        The figures, with `value` as a number in the table's own unit.

    Raises:
        BadData: As for `extract`, or a municipality is not there.
        UnknownName: A column or value to choose is not there.
    """
    found = extract(source, indicator, choose=choose, dash=dash)
    check_cover(found, opened(source)[1])
    return found


def extract(
    source: Source | Table, indicator: str, *, choose: Mapping[str, str] | None = None, dash: Dash = "missing"
) -> Municipal:
    """Keep the municipalities of a part of a StatBank table: of some of them, or of some periods.

    It is right for one of several extracts that are joined afterwards; `municipal` is for the whole table.

    Args:
        source: The extract as read.
        indicator: Key of the indicator that its figures are.
        choose: The value to keep of every dimension that has several, by column.
        dash: What "-" means in the table: "nil" for 0, "missing" for no figure.

    Raises:
        BadData: No column holds areas or periods, a dimension has several values, a figure is no number, a
            municipality has two figures for a period, or the periods are half-years, weeks or of several kinds.
        UnknownName: A column or value to choose is not there.
    """
    table, name = opened(source)
    everything = local_text(table)
    frame = choose_rows(everything, choose or {}, name)
    area, period, value = _columns(frame, name)
    rest = [column for column in frame.columns if column not in (area, period, value)]
    check_single(frame, rest, (area, period), name)
    labels = {each: period_label(_code(each)) for each in frame[period].unique()}
    frame = frame.assign(**{period: frame[period].map(labels)})
    _check_one_kind(frame[period], name)
    found = keep_municipal(frame, area=area, period=period, value=value, indicator=indicator, name=name, dash=dash)
    found = with_aside(found, everything.index.difference(frame.index), NOT_CHOSEN)
    return dataclasses.replace(found, rows=len(everything), unchosen=len(everything) - len(frame))


def _columns(frame: pd.DataFrame, name: str) -> tuple[str, str, str]:
    """Find the columns that hold the area, the period and the figure: the last one in StatBank's files."""
    value = _headed(frame, _VALUES) or frame.columns[-1]
    distinct = {column: frame[column].unique() for column in frame.columns if column != value}
    areas = {column: sum(area_code(each) is not None for each in values) for column, values in distinct.items()}
    area = max(areas, key=lambda column: areas[column], default="")
    periods = [
        column
        for column, values in distinct.items()
        if column != area and len(values) and all(_looks_like_period(each) for each in values)
    ]
    if not areas.get(area) or not periods:
        raise BadData(
            f"{name} has no column of municipalities and periods; its columns are {', '.join(frame.columns)}."
        )
    period = _headed(frame[periods], _PERIODS) or periods[-1]
    _check_periods(frame[period], name)
    return area, period, value


def _headed(frame: pd.DataFrame, headings: tuple[str, ...]) -> str | None:
    found = {column.strip().casefold(): column for column in frame.columns}
    return next((found[heading] for heading in headings if heading in found), None)


def _code(text: str) -> str:
    """Return the code of a period that is shown with its text: "2017K1 2017K1"."""
    return text.split(maxsplit=1)[0] if text else text


def _looks_like_period(text: str) -> bool:
    return is_period(_code(text)) or _OTHER_PERIOD.fullmatch(_code(text)) is not None


def _check_periods(periods: pd.Series, name: str) -> None:
    wrong = [each for each in periods.unique() if not is_period(_code(each))]
    if wrong:
        raise BadData(
            f"{name} holds {len(wrong)} periods such as {wrong[0]}: half-years, weeks, days and spans of years "
            "are not reckoned with; download years, quarters or months."
        )


def _check_one_kind(periods: pd.Series, name: str) -> None:
    counts = periods.map(frequency).value_counts()
    if len(counts) > 1:
        mixed = " and ".join(f"{count} rows of {_KINDS[kind]}" for kind, count in counts.items())
        raise BadData(f"{name} mixes {mixed}: download it with periods of one kind.")
