"""StatBank tables as a user downloads them, to the `municipal` table.

The area column mixes the country, regions, provinces and municipalities; the other columns are dimensions that
must be down to one value each. Which column is which is found from what stands in it.
"""

from dataclasses import dataclass

import pandas as pd
from ibis.expr.types import Table

from frikommune.calendar import is_period, period_label
from frikommune.errors import BadData
from frikommune.municipalities import COUNT, code_of, is_municipality
from frikommune.sources import Source

# What StatBank writes where there is no figure.
_MISSING = ("..", "...", "-", "")


@dataclass(frozen=True, slots=True, repr=False)
class Municipal:
    """Official figures of the 98 municipalities, and what was not one of them.

    Attributes:
        frame: Columns kommune_kode, period, indicator and value; one row a municipality and period.
        areas: Areas that are no municipality, set aside, with their rows.
        missing: Rows of a municipality in which the table has no figure.
        rows: Rows read: those kept, those of other areas, and those missing add up to it.
    """

    frame: pd.DataFrame
    areas: dict[str, int]
    missing: int
    rows: int

    def __repr__(self) -> str:
        return (
            f"Municipal: {len(self.frame)} rows kept, {sum(self.areas.values())} of other areas, {self.missing} missing"
        )


def municipal(source: Source, indicator: str) -> Municipal:
    """Keep exactly the 98 municipalities of a StatBank table, and say what was set aside.

    Args:
        source: The table as read.
        indicator: Key of the indicator that its figures are.

    Returns:
        The figures, with `value` as a number in the table's own unit.

    Raises:
        BadData: No column holds areas or periods, a dimension has several values, a municipality is not there, a
            figure is no number, or a municipality has two figures for a period.
    """
    table, name = source.table, source.provenance.name
    area, period, value = _columns(source)
    _check_dimensions(table, [each for each in table.columns if each not in (area, period, value)], name)
    rows = table.select(area=table[area], period=table[period], value=table[value].strip()).execute()
    ours = rows["area"].map({each: is_municipality(each) for each in rows["area"].unique()})
    kept, others = rows[ours], rows[~ours]
    figures = pd.to_numeric(
        kept["value"].where(~kept["value"].isin(_MISSING)).map(_plain, na_action="ignore"), errors="coerce"
    )
    wrong = int((figures.isna() & ~kept["value"].isin(_MISSING)).sum())
    if wrong:
        raise BadData(f"{name}: {wrong} figures in the column {value} are no number.")
    frame = pd.DataFrame(
        {
            "kommune_kode": kept["area"].map({each: code_of(each) for each in kept["area"].unique()}).astype(int),
            "period": kept["period"].map({each: period_label(each) for each in kept["period"].unique()}),
            "indicator": indicator,
            "value": figures,
        }
    )
    _check_cover(frame, name)
    return Municipal(
        frame=frame.dropna(subset=["value"]).sort_values(["kommune_kode", "period"], ignore_index=True),
        areas={str(key): int(count) for key, count in others["area"].value_counts().sort_index().items()},
        missing=int(frame["value"].isna().sum()),
        rows=len(rows),
    )


def _columns(source: Source) -> tuple[str, str, str]:
    """Find the columns that hold the area, the period and the figure: the last one in StatBank's files."""
    distinct = {column: _distinct(source.table, column) for column in source.table.columns}
    areas = {column: sum(is_municipality(each) for each in values) for column, values in distinct.items()}
    periods = [column for column, values in distinct.items() if values and all(is_period(each) for each in values)]
    area, value = max(areas, key=lambda column: areas[column]), source.table.columns[-1]
    # A year is a number too: the figures are never the period.
    periods = [column for column in periods if column not in (area, value)]
    if areas[area] == 0 or not periods:
        raise BadData(
            f"{source.provenance.name} has no column of municipalities and periods; "
            f"its columns are {', '.join(source.table.columns)}."
        )
    return area, periods[-1], value


def _distinct(table: Table, column: str) -> list[str]:
    found = table.select(value=table[column]).distinct()
    return sorted(found.execute()["value"].dropna())


def _check_dimensions(table: Table, columns: list[str], name: str) -> None:
    for column in columns:
        count = len(_distinct(table, column))
        # StatBank's derived files may carry a note beside the period: harmless when it follows from the period.
        if count > 1:
            raise BadData(f"{name}: the column {column} has {count} values; download the table with one of them.")


def _check_cover(frame: pd.DataFrame, name: str) -> None:
    found = frame["kommune_kode"].nunique()
    if found != COUNT:
        raise BadData(f"{name} holds {found} of the {COUNT} municipalities: download it with all of them.")
    doubled = int(frame.duplicated(["kommune_kode", "period"]).sum())
    if doubled:
        raise BadData(f"{name}: {doubled} rows repeat a municipality and period: one figure each was expected.")


def _plain(text: str) -> str:
    """Return a figure with a decimal point: StatBank writes no thousands mark, and a comma in Danish files."""
    return text.replace(",", ".")
