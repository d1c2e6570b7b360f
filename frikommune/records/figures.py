"""What the official tables have in common: areas, periods and figures as text, and the 98 that are kept.

StatBank and jobindsats mix the country, regions, provinces and municipalities in one column, write a missing figure as
`..` or `-`, and may carry dimensions that an evaluator has to choose from. Every row read is kept or counted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import COUNT, area_code, municipalities

# What "-" means in a table: no persons, or no figure.
Dash = Literal["nil", "missing"]

# What stands where there is no figure: "..": too uncertain or confidential, "-": nil or not there, "." not applicable.
MISSING = ("..", "...", "-", ".", "")
_DASH = "-"
OTHER_AREA, NO_FIGURE = "an area that is no municipality", "no figure"
OTHER_PERIOD, NOT_CHOSEN = "a period of another kind", "another value of a dimension than the one chosen"

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
# One point with three digits after it: 4.247 may be four thousand or four and a quarter; 0.247 is no thousand.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")


@dataclass(frozen=True, slots=True, repr=False)
class Municipal:
    """Official figures of the municipalities, and what was not one of them.

    Attributes:
        frame: Columns kommune_kode, period, indicator and value; one row a municipality and period.
        areas: Areas that are no municipality, set aside, with their rows.
        missing: Rows of a municipality in which the table has no figure.
        rows: Rows read: those kept, those set aside in `areas`, `periods` and `unchosen`, and those missing.
        periods: Periods of another kind than the one asked for, set aside, with their rows.
        unchosen: Rows of other values than the chosen ones of a dimension.
        absent: Codes of the municipalities that the table does not hold.
        dashes: Rows of a municipality with "-" for a figure.
        dash: How they were taken: "nil" as 0, "missing" as no figure, and then they are among `missing`.
        numbers: Number in the file of each row of `frame`; 1 is the first row of data.
        aside: Rows set aside, whatever for: columns row and reason.
        repeated: Rows set aside because another extract of the table has the same figure.
    """

    frame: pd.DataFrame
    areas: dict[str, int]
    missing: int
    rows: int
    periods: dict[str, int] = field(default_factory=dict)
    unchosen: int = 0
    absent: tuple[int, ...] = ()
    dashes: int = 0
    dash: Dash = "missing"
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"row": [], "reason": []}))
    repeated: int = 0

    def __repr__(self) -> str:
        return (
            f"Municipal: {len(self.frame)} rows kept, {sum(self.areas.values())} of other areas, "
            f"{sum(self.periods.values())} of other periods, {self.unchosen} not chosen, {self.missing} missing"
        )


def area_codes(texts: Iterable[str]) -> dict[str, int | None]:
    """Return the code, or none, of every area that occurs."""
    return {text: area_code(text) for text in sorted(set(texts))}


def choose_rows(frame: pd.DataFrame, choose: Mapping[str, str], name: str) -> pd.DataFrame:
    """Keep the rows in which the chosen columns have the chosen values.

    Args:
        frame: The table as text.
        choose: Value by column, in any case.
        name: What the table is called, for messages.

    Raises:
        UnknownName: There is no such column or value.
    """
    for wanted, value in choose.items():
        column = _named(wanted, frame.columns, f"column in {name}")
        found = _named(value, frame[column].unique(), f"value in the column {column} of {name}")
        frame = frame[frame[column] == found]
    return frame


def check_single(frame: pd.DataFrame, columns: Iterable[str], keys: Iterable[str], name: str) -> None:
    """See that every other column has one value, or one that follows from a key (a code beside its text, a note).

    Raises:
        BadData: A dimension has several values: which, how many, and how to choose.
    """
    several = {
        column: len(frame[column].unique())
        for column in columns
        if len(frame[column].unique()) > 1 and not any(_follows(frame, column, key) for key in keys)
    }
    if several:
        listed = ", ".join(f"the column {column} has {count} values" for column, count in several.items())
        first = next(iter(several))
        example = min(frame[first].unique())
        raise BadData(
            f"{name}: {listed}; download the table with one of them, or choose one, as in choose={{{first!r}: "
            f"{example!r}}}."
        )


def numbers(texts: pd.Series, *, comma: bool | None = None) -> tuple[pd.Series, int]:
    """Read figures, with a decimal point or comma and perhaps a thousands mark.

    Args:
        texts: Figures as text.
        comma: Whether the decimal mark is a comma; found from the figures when it is not given.

    Returns:
        The figures, missing where there is none, and how many texts are neither a figure nor a mark for none.

    Raises:
        BadData: A point may mark thousands or decimals: all figures with one have three digits after it, or some
            points mark thousands and others do not.
    """
    clean = texts.str.replace(r"[\s\u00a0\u202f]", "", regex=True).str.replace("\u2212", "-", regex=False)
    told = clean[~clean.isin(MISSING)]
    if comma is None:
        comma = bool(told.str.contains(",", regex=False).any() or told.str.count(r"\.").gt(1).any())
        pointed = told[told.str.contains(".", regex=False)]
        if not comma and len(pointed) and pointed.str.fullmatch(_EITHER.pattern).all():
            raise BadData(
                f"{len(pointed)} figures have one point and three digits after it, which may mark thousands or "
                "decimals: download the table without a thousands mark."
            )
    if comma:
        thousands = told.str.split(",").str[0].str.fullmatch(_THOUSANDS.pattern).astype(bool)
        _check_one_reading(told, thousands)
        plain = told.where(~thousands, told.str.replace(".", "", regex=False)).str.replace(",", ".", n=1, regex=False)
    else:
        plain = told
    right = plain.str.fullmatch(_NUMBER.pattern).astype(bool) & (plain.str.len() <= len("-" + "9" * 18))
    values = pd.Series(float("nan"), index=texts.index, dtype=float)
    values.loc[plain.index[right]] = plain[right].astype(float)
    return values, int((~right).sum())


def keep_municipal(
    frame: pd.DataFrame,
    *,
    area: str,
    period: str,
    value: str,
    indicator: str,
    name: str,
    comma: bool | None = None,
    dash: Dash = "missing",
) -> Municipal:
    """Keep the figures of the municipalities, and count the rest.

    Args:
        frame: The table as text, its periods already uniform.
        area: Column of areas.
        period: Column of periods.
        value: Column of figures.
        indicator: Key of the indicator that the figures are.
        name: What the table is called, for messages.
        comma: Whether the decimal mark is a comma; found when it is not given.
        dash: What "-" means in the table.

    Raises:
        BadData: A figure is no number, or a municipality has two figures for a period.
    """
    codes = frame[area].map(area_codes(frame[area]))
    kept, others = frame[codes.notna()], frame[codes.isna()]
    dashes = kept[value] == _DASH
    table = pd.DataFrame({"kommune_kode": codes[codes.notna()].astype(int), "period": kept[period]})
    table = table.assign(indicator=indicator, value=_figures(kept[value], dashes, name, comma=comma, dash=dash))
    doubled = int(table.duplicated(["kommune_kode", "period"]).sum())
    if doubled:
        raise BadData(f"{name}: {doubled} rows repeat a municipality and period: one figure each was expected.")
    missing = table["value"].isna()
    good = table[~missing].sort_values(["kommune_kode", "period"])
    return Municipal(
        frame=good.reset_index(drop=True),
        areas={str(key): int(count) for key, count in others[area].value_counts().sort_index().items()},
        missing=int(missing.sum()),
        rows=len(frame),
        absent=tuple(sorted(set(municipalities()) - set(table["kommune_kode"]))),
        dashes=int(dashes.sum()),
        dash=dash,
        numbers=good.index.to_numpy(np.int64) + 1,
        aside=pd.concat([_aside(others.index, OTHER_AREA), _aside(table.index[missing], NO_FIGURE)]),
    )


def with_aside(found: Municipal, rows: pd.Index, reason: str) -> Municipal:
    """Add rows that were set aside before the figures were read.

    Args:
        found: What was kept.
        rows: Places of the rows in the file; 0 is the first row of data.
        reason: Why.
    """
    together = pd.concat([found.aside, _aside(rows, reason)]).sort_values("row", ignore_index=True)
    return replace(found, aside=together)


def check_cover(found: Municipal, name: str) -> None:
    """See that all 98 municipalities are there.

    Raises:
        BadData: Some are not.
    """
    if found.absent:
        raise BadData(
            f"{name} holds {COUNT - len(found.absent)} of the {COUNT} municipalities: download it with all of them."
        )


def _figures(texts: pd.Series, dashes: pd.Series, name: str, *, comma: bool | None, dash: Dash) -> pd.Series:
    try:
        figures, wrong = numbers(texts, comma=comma)
    except BadData as fault:
        raise BadData(f"{name}, column {texts.name}: {fault}") from fault
    if wrong:
        raise BadData(f"{name}: {wrong} figures in the column {texts.name} are no number.")
    return figures.mask(dashes, 0.0) if dash == "nil" else figures


def _check_one_reading(told: pd.Series, thousands: pd.Series) -> None:
    """See that a point means one thing: in "1.250" thousands, in "12.5" decimals; never both in one column."""
    pointed = told.str.contains(".", regex=False)
    odd, comma = pointed & ~thousands, told.str.contains(",", regex=False)
    if odd.any() and (comma | thousands).any():
        raise BadData(
            f"{int(odd.sum())} figures have a point for decimals, and {int((comma | thousands).sum())} a point for "
            "thousands or a comma for decimals: the column cannot be read in one way; download the table again."
        )


def _aside(rows: pd.Index, reason: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"row": rows.to_numpy(np.int64) + 1, "reason": pd.Series(reason, range(len(rows)), dtype=object)}
    )


def _named(wanted: str, known: Iterable[str], what: str) -> str:
    found = {each.strip().casefold(): each for each in map(str, known)}
    if str(wanted).strip().casefold() not in found:
        raise UnknownName.among(what, wanted, found.values())
    return found[str(wanted).strip().casefold()]


def _follows(frame: pd.DataFrame, column: str, key: str) -> bool:
    return bool(frame.groupby(key)[column].nunique().max() == 1)
