"""Cells become a panel; two panels become their difference."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.calendar import days_of, frequency, is_period
from frikommune.cells import Cells
from frikommune.errors import BadData, BadDesign
from frikommune.panel.noun import Panel
from frikommune.trials import Trial

Start = date | str | int | None


def panel_of(
    cells: Cells,
    outcome: str,
    *,
    starts: Mapping[Any, Start],
    group: object = None,
    measured_in: str = "",
    better: Literal["lower", "higher"] = "higher",
) -> Panel:
    """Make the panel of one outcome; groups and strata are summed over.

    Args:
        cells: The cells.
        outcome: Which outcome.
        starts: First treated day or period of each treated unit; a unit that is not named, or has none, is a
            comparison. The period in which a day falls counts as treated.
        group: Which group; without, everybody.
        measured_in: Unit of the outcome.
        better: Which direction is good.

    Returns:
        Y = sum / n; var = the variance between persons within the cell, missing where a cell has fewer than two. All
        units and periods of the cells are in it, so that the panels of two groups fit each other.

    Raises:
        UnknownName: There is no such outcome or group.
        BadDesign: A unit that starts is not among the cells, or a start is of another kind than the periods.
    """
    cells.check(outcome)
    units, periods = grid(cells)
    chosen = (cells if group is None else cells.of_group(group)).over("unit", "period").frame
    n, total, m2 = (laid_out(chosen, f"{kind}:{outcome}", units, periods) for kind in ("n", "sum", "m2"))
    return Panel(
        Y=np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0),
        n=n,
        var=np.divide(m2, n - 1, out=np.full(n.shape, np.nan), where=n > 1),
        units=units,
        periods=periods,
        start=start_positions(starts, units, periods),
        outcome=outcome,
        measured_in=measured_in,
        better=better,
    )


def starts_of(trial: Trial, adoption: pd.DataFrame | None = None) -> dict[int, date]:
    """Return the first treated day of each municipality of a trial.

    Args:
        trial: The trial.
        adoption: The table `adoption` of a data room; without, all start on the first day on which the trial could.

    Raises:
        BadData: The table has no row of this trial, or two of one municipality.
    """
    if adoption is None:
        return dict.fromkeys(trial.municipalities, trial.first_possible_start)
    own = adoption[adoption["trial"] == trial.key]
    if own.empty or own["kommune_kode"].duplicated().any():
        raise BadData(
            f"The table adoption has {len(own)} rows of {trial.key}, {own['kommune_kode'].nunique()} municipalities: "
            "one row for each municipality that takes part was expected."
        )
    days = pd.to_datetime(own["start"]).dt.date
    return {int(code): day for code, day in zip(own["kommune_kode"], days, strict=True)}


def grid(cells: Cells) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the units and the periods of cells, in order."""
    frame = cells.frame
    return tuple(sorted(frame["unit"].unique().tolist())), tuple(sorted(frame["period"].unique().tolist()))


def laid_out(frame: pd.DataFrame, column: str, units: tuple[Any, ...], periods: tuple[Any, ...]) -> NDArray[np.float64]:
    """Return a column of cells as a grid [units x periods]; 0 where nobody is.

    Args:
        frame: A row a unit and period.
        column: Which column.
        units: Rows of the grid.
        periods: Columns of the grid.
    """
    laid = np.zeros((len(units), len(periods)))
    rows = pd.Index(units).get_indexer(frame["unit"])
    laid[rows, pd.Index(periods).get_indexer(frame["period"])] = frame[column].to_numpy(float)
    return laid


def start_positions(starts: Mapping[Any, Start], units: tuple[Any, ...], periods: tuple[Any, ...]) -> NDArray[np.int64]:
    """Return where each unit's first treated period stands; the number of periods for a comparison unit [units].

    Args:
        starts: First treated day or period by unit.
        units: The units.
        periods: The periods.

    Raises:
        BadDesign: A unit that starts is not there, or a start is of another kind than the periods.
    """
    known = {unit: start for unit, start in starts.items() if start is not None}
    absent = [unit for unit in known if unit not in units]
    if absent:
        raise BadDesign(f"{len(absent)} units that start are not among the {len(units)} units of the cells.")
    return np.array([_position(known.get(unit), periods) for unit in units], dtype=np.int64)


def _position(start: Start, periods: tuple[Any, ...]) -> int:
    if start is None:
        return len(periods)
    labels = isinstance(periods[0], str) and all(is_period(each) for each in periods)
    if isinstance(start, date) and labels:
        return sum(days_of(each)[1] < start for each in periods)
    if type(start) is not type(periods[0]) or (labels and frequency(str(start)) != frequency(str(periods[0]))):
        raise BadDesign(
            f"A start is a {type(start).__name__}, the periods are such as {periods[0]}: give starts as dates, or as "
            "periods of that kind."
        )
    return sum(each < start for each in periods)
