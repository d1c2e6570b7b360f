"""Hazard ratios from risk tables, because evaluations report them: a design like any other, called again by placebos.

A hazard ratio says how much faster those still in leave in a week; restricted weeks say how much shorter the time in
becomes. A ratio that differs between weeks has no single number, while restricted weeks always have one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from frikommune.cells import RiskTable
from frikommune.compare.contrasts import Bools, check_sides, inside, sides, treated_and_controls
from frikommune.duration.outcomes import exit_position
from frikommune.duration.poisson import fit, replays
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.panel import Panel
from frikommune.panel.making import Start, start_positions

_AT_ONCE = 256  # replays: small enough for memory, large enough for whole arrays


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Hazards:
    """The design behind `hazard_ratio`, which may be called on any panel of the same units and entry periods.

    Attributes:
        exits: Spells that leave in each week of the piece [units x periods x weeks].
        at_risk: Spells at risk in it [units x periods x weeks].
        units: Names of the units.
        periods: Entry periods.
        pre: First and last entry period before the start; all when none.
        post: First and last from the start on; all when none.
    """

    exits: Floats
    at_risk: Floats
    units: tuple[Any, ...]
    periods: tuple[Any, ...]
    pre: Span | None = None
    post: Span | None = None

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "hazard ratio, with effects of municipality, entry period and week"

    @property
    def weights(self) -> Literal["people", "units"]:
        """What a treated unit counts: its spells."""
        return "people"

    def __call__(self, panel: Panel) -> Estimate:
        """Estimate the ratio on a panel: see `hazard_ratio`."""
        treated, controls = treated_and_controls(panel)
        exits, at_risk, mark = self._counts(panel)
        found = fit(exits, at_risk, mark)
        left, expected = exits.sum(axis=2), at_risk @ np.exp(found.week)
        by_unit = [_alone(left, expected, mark, np.append(row, controls)) for row in treated]
        return Estimate(
            value=found.ratio,
            weights=found.influence,
            panel=panel,
            design=self,
            by_unit=np.array(by_unit),
        )

    def over(self, pre: Span, post: Span) -> "Hazards":
        """Return the same design over another window."""
        return replace(self, pre=pre, post=post)

    def complete(self, panel: Panel, starts: Ints) -> Bools:
        """Tell which units have exits before and after every one of these starts: see `Design.complete`."""
        exits, _ = self._of(panel)
        found = np.ones(len(panel.units), dtype=bool)
        for start in np.unique(starts):
            for side in sides(panel, self.pre, self.post, int(start)):
                found &= exits[:, side].sum(axis=(1, 2)) > 0
        return found

    def replay(self, panel: Panel, units: Ints, starts: Ints) -> Floats:
        """Estimate the ratio under many other assignments: see `Design.replay`.

        The effects of the weeks are those of the units without any treatment; all others are fitted each time.
        """
        exits, at_risk = self._of(panel)
        used = inside(panel, self.pre) | inside(panel, self.post)
        exits, at_risk = exits[:, used], at_risk[:, used]
        expected = at_risk @ np.exp(fit(exits, at_risk).week)
        after = inside(panel, self.post)[used]
        order = np.flatnonzero(used)
        given = np.broadcast_to(starts, units.shape)
        found = np.empty(len(units))
        for first in range(0, len(units), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            marks = np.zeros((len(units[some]), len(panel.units), len(order)))
            treated = (order >= given[some][:, :, None]) & after
            np.put_along_axis(marks, units[some][:, :, None], treated.astype(float), axis=1)
            found[some] = replays(exits.sum(axis=2), expected, marks)
        return found

    def _of(self, panel: Panel) -> tuple[Floats, Floats]:
        """Return exits and spells at risk in the cells of a panel; other rates there move the exits."""
        rows, columns = ([own.index(each) for each in asked] for own, asked in self._pairs(panel))
        exits, at_risk = self.exits[np.ix_(rows, columns)], self.at_risk[np.ix_(rows, columns)]
        moved = panel.Y - log_rates(exits, at_risk)
        factor = np.exp(np.where(np.isnan(moved), 0.0, moved))
        return exits * factor[:, :, None], at_risk

    def _pairs(self, panel: Panel) -> tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]:
        return (self.units, panel.units), (self.periods, panel.periods)

    def _counts(self, panel: Panel) -> tuple[Floats, Floats, Floats]:
        """Return exits, spells at risk and treatment, empty outside the window."""
        exits, at_risk = self._of(panel)
        kept = np.tile(inside(panel, self.pre) | inside(panel, self.post), (len(panel.units), 1))
        mark = np.zeros(kept.shape)
        for row in np.flatnonzero(panel.treated):
            before, after = sides(panel, self.pre, self.post, int(panel.start[row]))
            check_sides(before, after)
            kept[row], mark[row] = before | after, after
        return exits * kept[:, :, None], at_risk * kept[:, :, None], mark


def hazard_ratio(
    table: RiskTable,
    *,
    starts: Mapping[Any, Start],
    weeks: tuple[int, int] = (1, 52),
    exit_to: str | None = None,
    pre: Span | None = None,
    post: Span | None = None,
    better: Literal["lower", "higher"] = "higher",
) -> Estimate:
    """Estimate by how much the weekly rate of leaving changed, constant over a piece of weeks.

    Exits are Poisson with an effect for every unit, entry period and week since entry, and one ratio for spells that
    began where and while the trial ran. Entry periods that are not followed for all the weeks count for those they are
    followed. It is an `Estimate`: placebos, the jackknife over municipalities, the regional shock and the placebo in
    time are the design called again, and no error is ever one over persons. Its weights are what a relative change in
    a cell's exits counts for, to first order.

    Right when the rates of municipalities, entry periods and weeks multiply, and the ratio is the same in all weeks of
    the piece: `hazard_ratios` and `proportionality` show whether it is.

    Args:
        table: The risk table, one cell a unit and entry period.
        starts: First treated day or entry period of each treated unit.
        weeks: First and last week of the piece.
        exit_to: The way out, all others being censorings (a cause-specific hazard); any by default.
        pre: First and last entry period before the start; all when none.
        post: First and last from the start on; all when none.
        better: Whether leaving faster is good.

    Returns:
        The logarithm of the hazard ratio.

    Raises:
        BadDesign: The cells are named by more than unit and entry period, the weeks are not in the table, or the ratio
            cannot be told.
        UnknownName: There is no such exit.

    References:
        Holford (1980), Biometrics 36, 299-305; Prentice & Gloeckler (1978), Biometrics 34, 57-67: grouped time.
    """
    first, last = weeks
    if not 1 <= first <= last <= table.horizon:
        raise BadDesign(f"Weeks {first} to {last} were asked for: the risk table counts weeks 1 to {table.horizon}.")
    exits, at_risk, units, periods = _grids(table, exit_to, slice(first - 1, last))
    design = Hazards(exits, at_risk, units, periods, pre, post)
    return design(_panel(design, table, start_positions(starts, units, periods), better, f"{first}-{last}"))


def hazard_ratios(
    table: RiskTable,
    *,
    starts: Mapping[Any, Start],
    cuts: Sequence[int],
    horizon: int = 52,
    **how: Any,  # noqa: ANN401 - passed on
) -> dict[str, Estimate]:
    """Estimate a hazard ratio in each piece of the weeks, every effect free to differ between pieces.

    Args:
        table: The risk table.
        starts: As in `hazard_ratio`.
        cuts: Last week of every piece but the last one: (21, 22) puts week 22 in a piece of its own.
        horizon: Last week of all.
        how: As for `hazard_ratio`.

    Returns:
        The logarithms of the ratios, by the weeks of the piece.

    Raises:
        BadDesign: The cuts do not grow, or as for `hazard_ratio`.
    """
    ends = [0, *cuts, horizon]
    if any(after <= before for before, after in pairwise(ends)):
        raise BadDesign(f"The pieces end in the weeks {', '.join(map(str, ends[1:]))}: growing weeks were expected.")
    pieces = [(before + 1, after) for before, after in pairwise(ends)]
    return {
        f"{first}" if first == last else f"{first}-{last}": hazard_ratio(
            table, starts=starts, weeks=(first, last), **how
        )
        for first, last in pieces
    }


def _alone(left: Floats, expected: Floats, mark: Floats, rows: Ints) -> float:
    """Return the ratio of the first of some units, the effects of the weeks held; NaN where nobody leaves on a side."""
    if not all((left[rows[0]] * side).any() for side in (mark[rows[0]], 1 - mark[rows[0]])):
        return float("nan")
    return float(replays(left[rows], expected[rows], mark[rows][None])[0])


def _grids(
    table: RiskTable, exit_to: str | None, weeks: slice
) -> tuple[Floats, Floats, tuple[Any, ...], tuple[Any, ...]]:
    more = [each for each in table.cells.columns if each not in ("unit", "entry")]
    if more:
        raise BadDesign(
            f"The cells are also named by {', '.join(more)}: take one of them, or pool the risk table over unit and "
            "entry, before hazards are compared."
        )
    left = table.exits.sum(axis=1) if exit_to is None else table.exits[:, exit_position(table, exit_to)]
    units, row = np.unique(table.cells["unit"], return_inverse=True)
    periods, column = np.unique(table.cells["entry"].astype(object), return_inverse=True)
    grids = []
    for each in (left, table.at_risk):
        grid = np.zeros((len(units), len(periods), each[:, weeks].shape[1]))
        grid[row, column] = each[:, weeks]
        grids.append(grid)
    return grids[0], grids[1], tuple(units.tolist()), tuple(periods.tolist())


def log_rates(exits: Floats, at_risk: Floats) -> Floats:
    """Return the logarithm of the rate of leaving per week at risk; NaN where nobody left [units x periods].

    Args:
        exits: Spells that leave [units x periods x weeks].
        at_risk: Spells at risk [units x periods x weeks].
    """
    left, exposed = exits.sum(axis=2), at_risk.sum(axis=2)
    rate = np.divide(left, exposed, out=np.full(left.shape, np.nan), where=left > 0)
    found: Floats = np.log(rate)
    return found


def _panel(design: Hazards, table: RiskTable, start: Ints, better: Literal["lower", "higher"], weeks: str) -> Panel:
    """Return the panel of the logarithms of weekly rates, for its units, periods and persons."""
    left = design.exits.sum(axis=2)
    n = np.zeros(left.shape)
    place = [[own.index(each) for each in named] for own, named in (
        (design.units, table.cells["unit"]), (design.periods, table.cells["entry"]))]  # fmt: skip
    n[place[0], place[1]] = table.n
    return Panel(
        Y=log_rates(design.exits, design.at_risk),
        n=n,
        var=np.divide(n, left, out=np.full(n.shape, np.nan), where=left > 0),
        units=design.units,
        periods=design.periods,
        start=start,
        outcome=f"hazard in weeks {weeks}",
        measured_in="log hazard ratio",
        better=better,
    )
