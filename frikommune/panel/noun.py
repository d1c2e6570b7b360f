"""The noun of every comparison: cell means by unit and period, how many stand behind each, and who was treated when."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Number
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.errors import BadData, BadDesign, UnknownName


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Panel:
    """Cell means of one outcome for units that are followed over time.

    Any units will do; municipalities are the usual case.

    Attributes:
        Y: Cell means [units x periods, unit of the outcome]; NaN where a cell is missing.
        n: Persons behind each cell [units x periods]; NaN where not known.
        var: Variance between persons inside each cell [units x periods]; NaN where not known.
        units: Names of the units, in order.
        periods: Labels of the periods, in order.
        start: Position of each unit's first treated period [units]; the number of periods for a comparison unit.
        outcome: Name of the outcome.
        measured_in: Unit of the outcome.
        better: Which direction is good.
    """

    Y: NDArray[np.float64]
    n: NDArray[np.float64]
    var: NDArray[np.float64]
    units: tuple[Any, ...]
    periods: tuple[Any, ...]
    start: NDArray[np.int64]
    outcome: str = "outcome"
    measured_in: str = ""
    better: Literal["lower", "higher"] = "higher"

    def __post_init__(self) -> None:
        """Check the shapes once; everything after may trust them."""
        shape = (len(self.units), len(self.periods))
        for name in ("Y", "n", "var", "start"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        for name in ("Y", "n", "var"):
            found = getattr(self, name).shape
            if found != shape:
                raise BadDesign(f"A panel's {name} has the shape {found}; {shape} units and periods were expected.")
        if self.start.shape != shape[:1] or (self.start < 0).any() or (self.start > shape[1]).any():
            raise BadDesign(f"A panel's start must name a period for each of the {shape[0]} units, or none.")
        if (self.n < 0).any() or (self.var < 0).any():
            raise BadDesign("A panel's n or var is below zero somewhere: counts and variances were expected.")
        if self.better not in ("lower", "higher"):
            raise UnknownName.among("direction", self.better, ("lower", "higher"))
        if len(set(self.units)) != len(self.units):
            raise BadDesign("A panel names a unit twice.")
        if list(self.periods) != sorted(set(self.periods)):
            raise BadDesign("A panel's periods must be in order, each once.")

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        period: str,
        outcome: str,
        start: str,
        n: str | None = None,
        var: str | None = None,
        label: str = "",
        measured_in: str = "",
        better: Literal["lower", "higher"] = "higher",
    ) -> "Panel":
        """Make a panel from a frame with one row a unit and period.

        Args:
            frame: The rows, in any order; a unit and period that has no row becomes a missing cell.
            unit: Column that names the unit.
            period: Column that holds the period; its values must sort in time.
            outcome: Column that holds the cell mean.
            start: Column that holds the unit's first treated period, missing for a comparison unit. A start after the
                last period is not yet treated anywhere in the panel, and so a comparison.
            n: Column with the persons behind each cell.
            var: Column with the variance between persons inside each cell.
            label: Name of the outcome; the column's by default.
            measured_in: Unit of the outcome.
            better: Which direction is good.

        Raises:
            BadData: A column is missing, a value is no number, a cell comes twice, or a unit has two starts.
        """
        _check_columns(frame, [unit, period, outcome, start, *[each for each in (n, var) if each is not None]])
        periods = tuple(sorted(frame[period].unique()))
        units = tuple(sorted(frame[unit].unique()))
        cells = frame.set_index([unit, period])
        doubled = int(cells.index.duplicated().sum())
        if doubled:
            raise BadData(f"{doubled} rows repeat a {unit} and {period}: one row a cell was expected; sum them first.")

        def grid(column: str | None) -> NDArray[np.float64]:
            if column is None:
                return np.full((len(units), len(periods)), np.nan)
            return _numbers(cells[column], column).unstack(period).reindex(index=units, columns=periods).to_numpy(float)

        return cls(
            Y=grid(outcome),
            n=grid(n),
            var=grid(var),
            units=units,
            periods=periods,
            start=_start_positions(frame, unit=unit, start=start, units=units, periods=periods),
            outcome=label or outcome,
            measured_in=measured_in,
            better=better,
        )

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Which units are treated at some time [units]."""
        return self.start < len(self.periods)

    def position(self, period: object) -> int:
        """Return where the first period at or after a label stands; the number of periods when none does."""
        return int(np.searchsorted(np.array(self.periods), np.array(period), side="left"))

    def take(self, rows: NDArray[Any]) -> "Panel":
        """Return the panel of some units.

        Args:
            rows: A mask or positions of the units to keep.
        """
        kept = np.arange(len(self.units))[rows]
        return replace(
            self,
            Y=self.Y[kept],
            n=self.n[kept],
            var=self.var[kept],
            units=tuple(self.units[row] for row in kept),
            start=self.start[kept],
        )

    def until(self, period: object) -> "Panel":
        """Return the panel of the periods before a label, as if nothing had happened yet: no unit is treated."""
        stop = self.position(period)
        never = np.full(len(self.units), stop, dtype=np.int64)
        return replace(
            self,
            Y=self.Y[:, :stop],
            n=self.n[:, :stop],
            var=self.var[:, :stop],
            periods=self.periods[:stop],
            start=never,
        )

    def treating(self, units: Iterable[object], start: object) -> "Panel":
        """Return the same panel with exactly these units treated from a period on."""
        chosen = set(units)
        missing = chosen - set(self.units)
        if missing:
            raise BadDesign(f"{len(missing)} units to be treated are not in the panel.")
        starts = np.where([unit in chosen for unit in self.units], self.position(start), len(self.periods))
        return replace(self, start=starts.astype(np.int64))

    def holding(self, outcome: NDArray[np.float64]) -> "Panel":
        """Return the same panel with other cell means.

        Args:
            outcome: The new cell means [units x periods].
        """
        return replace(self, Y=outcome)

    def __repr__(self) -> str:
        missing = int(np.isnan(self.Y).sum())
        return (
            f"Panel of {self.outcome}: {len(self.units)} units ({int(self.treated.sum())} treated) x "
            f"{len(self.periods)} periods, {missing} cells missing"
        )


def difference(panel: Panel, other: Panel) -> Panel:
    """Return the panel of the gaps between two groups of the same units: a design on it is a triple difference.

    Right when what would have happened to the two groups without the trial differs in the same way everywhere.

    Args:
        panel: One group; its number of persons stays, so that gaps are weighted by it.
        other: The group to subtract.

    Returns:
        The gaps. `var` is such that var / n is the sampling variance of the gap: var1 / n1 + var2 / n2.

    Raises:
        BadDesign: The panels differ in units, periods or starts, or in the unit or direction of the outcome.
    """
    for name in ("units", "periods", "measured_in", "better"):
        if getattr(panel, name) != getattr(other, name):
            raise BadDesign(f"The two groups' panels differ in {name}: the same {name} were expected.")
    if (panel.start != other.start).any():
        raise BadDesign("The two groups' panels differ in start: give both the trial's start, whoever it was for.")
    with np.errstate(divide="ignore", invalid="ignore"):
        var = panel.var + panel.n * other.var / other.n
    gap = panel.Y - other.Y
    return replace(
        panel,
        Y=gap,
        n=np.where(np.isnan(gap), 0.0, panel.n),
        var=np.where(np.isfinite(var), var, np.nan),
        outcome=f"{panel.outcome} less {other.outcome}",
    )


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    copied = np.array(values)
    copied.flags.writeable = False
    return copied


def _check_columns(frame: pd.DataFrame, wanted: list[str]) -> None:
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise BadData(f"The frame has no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}.")
    if isinstance(frame[wanted[1]].dtype, pd.CategoricalDtype):
        raise BadData(f"The column {wanted[1]} is categorical: give periods as values that sort in time.")
    for column in wanted[:2]:
        empty = int(frame[column].isna().sum())
        if empty:
            raise BadData(f"The column {column} is empty in {empty} rows: every row needs one.")


def _numbers(values: pd.Series, column: str) -> pd.Series:
    found = pd.to_numeric(values, errors="coerce")
    wrong = int((found.isna() & values.notna()).sum() + np.isinf(found).sum())
    if wrong:
        raise BadData(f"The column {column} holds {wrong} values that are no finite number.")
    return found


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, Number):
        return "numbers"
    return f"{type(value).__name__} values"


def _start_positions(
    frame: pd.DataFrame, *, unit: str, start: str, units: tuple[Any, ...], periods: tuple[Any, ...]
) -> NDArray[np.int64]:
    several = frame.groupby(unit)[start].nunique(dropna=False)
    if (several > 1).any():
        raise BadData(f"{int((several > 1).sum())} units have more than one {start}: a unit starts once, or never.")
    starts = frame.groupby(unit)[start].first().reindex(list(units))
    kinds = {_kind(value) for value in starts if not pd.isna(value)}
    if not kinds <= {_kind(periods[0])}:
        raise BadData(
            f"The column {start} holds {' and '.join(sorted(kinds))}, the periods are {_kind(periods[0])}: "
            "give both in the same kind, so that they can be ordered."
        )
    positions = [
        len(periods) if pd.isna(value) else int(np.searchsorted(np.array(periods), np.array(value))) for value in starts
    ]
    return np.array(positions, dtype=np.int64)
