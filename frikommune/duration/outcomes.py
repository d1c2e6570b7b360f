"""One number a cell: share out, restricted weeks, weeks lost and median, with variances, and as a panel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.cells import RiskTable
from frikommune.duration.curves import Floats, curves
from frikommune.errors import BadDesign, UnknownName
from frikommune.panel import Panel
from frikommune.panel.making import Start, start_positions

Young = Literal["cut", "keep"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CellEstimates:
    """One duration outcome in every cell whose entry period is old enough.

    Attributes:
        value: Estimate [cells, unit of the outcome]; NaN where the cell is not followed so far.
        var: Its variance [cells]; NaN where there is none (a median, an estimate that is NaN).
        n: Spells that came under observation [cells].
        cells: What names each cell [cells]: `unit`, `entry`, then the group and the strata, if any.
        outcome: Name of the outcome.
        measured_in: Its unit.
        cut: Entry periods left out because not all who entered could be followed for the horizon, with the weeks
            that the last of them could be.
        horizon: Weeks that a spell had to be followed.
    """

    value: Floats
    var: Floats
    n: NDArray[np.int64]
    cells: pd.DataFrame
    outcome: str
    measured_in: str
    cut: Mapping[str, int]
    horizon: int

    @property
    def unfollowed(self) -> int:
        """Cells left without an estimate because nobody in them was followed for so long."""
        return int(np.isnan(self.value).sum())

    def __repr__(self) -> str:
        return (
            f"CellEstimates of {self.outcome}: {len(self.cells)} cells, {self.unfollowed} without an estimate; "
            f"{len(self.cut)} entry periods cut (not followed for {self.horizon} weeks)"
        )


def share_out(table: RiskTable, *, weeks: int = 26, exit_to: str | None = None, young: Young = "cut") -> CellEstimates:
    """Estimate the share of spells that are out by a week: Kaplan-Meier, or by one way out Aalen-Johansen.

    Right for "how many left, and for what"; the ways out add up to those out at all.

    Args:
        table: The risk table.
        weeks: By which week since entry.
        exit_to: The way out; any by default.
        young: "cut" leaves out entry periods in which not everybody could be followed so long; "keep" keeps those in
            which somebody could.

    Returns:
        The shares, with Greenwood's or Aalen and Johansen's variance.

    Raises:
        BadDesign: The table does not reach the week, or no entry period is old enough.
        UnknownName: There is no such exit.

    References:
        See `curves`.
    """
    kept, cut = _old_enough(table, weeks, young)
    found = curves(kept)
    if exit_to is None:
        value, var = 1 - found.surviving[:, -1], found.surviving_var[:, -1]
    else:
        way = exit_position(table, exit_to)
        value, var = found.out[:, way, -1], found.out_var[:, way, -1]
    name = f"share out by week {weeks}" + (f": {exit_to}" if exit_to else "")
    return _estimates(kept, value, var, outcome=name, measured_in="share", cut=cut)


def restricted_weeks(table: RiskTable, *, weeks: int = 52, young: Young = "cut") -> CellEstimates:
    """Estimate the mean weeks in until a horizon: the area under the Kaplan-Meier curve.

    Right for "how long", where a mean over finished spells would be biased and a mean over all cannot be known.

    Args:
        table: The risk table.
        weeks: The horizon.
        young: As in `share_out`.

    Returns:
        The restricted means [weeks], with Greenwood's variance.

    Raises:
        BadDesign: The table does not reach the horizon, or no entry period is old enough.

    References:
        Royston, P. & Parmar, M. K. B. (2013). Restricted mean survival time. BMC Medical Research Methodology 13, 152.
    """
    kept, cut = _old_enough(table, weeks, young)
    found = curves(kept)
    value, var = found.weeks_in[:, -1], found.weeks_in_var[:, -1]
    return _estimates(kept, value, var, outcome=f"mean weeks to week {weeks}", measured_in="weeks", cut=cut)


def weeks_lost(table: RiskTable, *, exit_to: str, weeks: int = 52, young: Young = "cut") -> CellEstimates:
    """Estimate the mean weeks until a horizon that are spent out by one way: the area under Aalen-Johansen's curve.

    Right for "how much of the year is self-support"; over all ways out, and with the restricted mean, they add up to
    the horizon.

    Args:
        table: The risk table.
        exit_to: The way out.
        weeks: The horizon.
        young: As in `share_out`.

    Returns:
        The restricted mean weeks lost to that way [weeks], with their variance.

    Raises:
        BadDesign: The table does not reach the horizon, or no entry period is old enough.
        UnknownName: There is no such exit.

    References:
        Andersen, P. K. (2013). Decomposition of number of life years lost according to causes of death. Statistics in
        Medicine 32, 5278-5285.
    """
    way = exit_position(table, exit_to)
    kept, cut = _old_enough(table, weeks, young)
    found = curves(kept)
    value, var = found.weeks_lost[:, way, -1], found.weeks_lost_var[:, way, -1]
    name = f"mean weeks out to week {weeks}: {exit_to}"
    return _estimates(kept, value, var, outcome=name, measured_in="weeks", cut=cut)


def median_weeks(table: RiskTable, *, weeks: int = 52, young: Young = "cut") -> CellEstimates:
    """Estimate the first week by which at least half are out; missing where that is not reached.

    Right as a description. It has no variance here: for inference take `restricted_weeks`.

    Args:
        table: The risk table.
        weeks: How far to look.
        young: As in `share_out`.

    Returns:
        The medians [weeks]; NaN where more than half are still in, or are not followed.

    Raises:
        BadDesign: The table does not reach the horizon, or no entry period is old enough.
    """
    kept, cut = _old_enough(table, weeks, young)
    # A product of rates may miss the half by the last digit, as in R's survival.
    reached = curves(kept).surviving <= 0.5 + 1e-9
    value = np.where(reached.any(axis=1), reached.argmax(axis=1), np.nan)
    return _estimates(kept, value, np.full(len(value), np.nan), outcome="median weeks", measured_in="weeks", cut=cut)


def duration_panel(
    estimates: CellEstimates, *, starts: Mapping[Any, Start], better: Literal["lower", "higher"]
) -> Panel:
    """Make a panel of units and entry periods, for every design, placebo and check.

    Args:
        estimates: A duration outcome, one cell a unit and entry period.
        starts: First treated day or entry period of each treated unit, as in `panel_of`: spells that began in that
            period are treated.
        better: Which direction is good.

    Returns:
        The panel: `Y` the estimates, `n` the spells, and `var` the variance times n, so that `var / n` is the variance
        of a cell's estimate as it is of a mean.

    Raises:
        BadDesign: The cells are named by more than unit and entry period, or a treated unit has no cell.
    """
    more = [each for each in estimates.cells.columns if each not in ("unit", "entry")]
    if more:
        raise BadDesign(
            f"The cells are also named by {', '.join(more)}: take one of them, or pool the risk table over unit and "
            "entry, before it becomes a panel."
        )
    units, unit_at = np.unique(estimates.cells["unit"], return_inverse=True)
    periods, period_at = np.unique(estimates.cells["entry"].astype(object), return_inverse=True)
    grids = {"Y": estimates.value, "n": estimates.n, "var": estimates.var * estimates.n}
    laid = {name: np.full((len(units), len(periods)), 0.0 if name == "n" else np.nan) for name in grids}
    for name, values in grids.items():
        laid[name][unit_at, period_at] = values
    names, labels = tuple(units.tolist()), tuple(periods.tolist())
    return Panel(
        **laid,
        units=names,
        periods=labels,
        start=start_positions(starts, names, labels),
        outcome=estimates.outcome,
        measured_in=estimates.measured_in,
        better=better,
    )


def _old_enough(table: RiskTable, weeks: int, young: Young) -> tuple[RiskTable, dict[str, int]]:
    """Return the table to the horizon without the entry periods that are too young for it, and those."""
    if young not in ("cut", "keep"):
        raise UnknownName.among("way with young entry periods", young, ("cut", "keep"))
    nearer = table.until(weeks)
    followed = table.cells.assign(followed=table.followed).groupby("entry")["followed"].min()
    cut = followed[followed < weeks].to_dict() if young == "cut" else {}
    if len(cut) == len(followed):
        raise BadDesign(
            f"In none of the {len(followed)} entry periods could everybody be followed for {weeks} weeks: "
            'choose a nearer horizon, or young="keep".'
        )
    return nearer.take(~table.cells["entry"].isin(list(cut)).to_numpy()), {str(key): int(cut[key]) for key in cut}


def exit_position(table: RiskTable, exit_to: str) -> int:
    """Return where a way out stands among those of a risk table.

    Raises:
        UnknownName: There is no such exit.
    """
    if exit_to not in table.types:
        raise UnknownName.among("exit", exit_to, table.types)
    return table.types.index(exit_to)


def _estimates(
    table: RiskTable, value: Floats, var: Floats, *, outcome: str, measured_in: str, cut: Mapping[str, int]
) -> CellEstimates:
    return CellEstimates(
        value=value,
        var=np.where(np.isnan(value), np.nan, var),
        n=table.n,
        cells=table.cells,
        outcome=outcome,
        measured_in=measured_in,
        cut=cut,
        horizon=table.horizon,
    )
