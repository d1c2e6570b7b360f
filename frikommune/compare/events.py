"""The effect by periods since the start: a path of difference-in-differences, one for each distance to the start."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from frikommune.calendar import days_of, is_period
from frikommune.compare.contrasts import (
    Base,
    Bools,
    ContrastDesign,
    Weighting,
    base_of,
    check_options,
    check_sides,
    inside,
    replay_contrasts,
    sides,
)
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.panel import Panel

_UNEVEN = 1.5  # times the shortest step from period to period: months differ by less


def event_study(
    panel: Panel,
    pre: Span | None = None,
    post: Span | None = None,
    *,
    weights: Weighting = "people",
    base: Base = "last",
    anticipation: int = 0,
) -> "Path":
    """Estimate the effect by periods since the start, against never-treated units.

    At each distance e to the start a treated unit's outcome in period start + e, less its base, is compared with the
    same difference in the comparison units. What stands before the start is no effect and should be near zero; it is
    measured from the same base as what stands after (a universal base), so that the whole path can be read as one.

    With equal weights and the last period before as base it is the event-study aggregation of Callaway & Sant'Anna
    (2021), equation 3.4, with never-treated units and a universal base. With staggered starts, or where a treated unit
    lacks a cell, the units behind each point differ: `Path.behind` says which they are. A unit that lacks the last
    period before is measured from the last one in which it is seen. What is counted are the panel's periods, so that
    one that nobody has a row of is passed over.

    Args:
        panel: Cell means; the comparison units are those never treated in it.
        pre: First and last period to use before the start, ends included; all by default.
        post: First and last period to use from the start on, ends included; all by default.
        weights: "people" weights units by the persons behind their cells, "units" counts each unit once.
        base: "last" measures from the last period before, which is then left out of the path; "all" from their mean.
        anticipation: Periods just before the start that do not serve as base.

    Returns:
        The path.

    Raises:
        BadDesign: As for `did`, or starts differ and a period is left out, so that the same distance to the start would
            be another time in one unit than in the other.
        UnknownName: There is no such weighting or base.

    References:
        Callaway & Sant'Anna (2021), Journal of Econometrics 225(2), 200-230, section 3.1.1.
    """
    return EventStudy(pre=pre, post=post, weights=weights, base=base, anticipation=anticipation)(panel)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Path:
    """An effect by periods since the start.

    Attributes:
        since: Periods since the start; 0 is the first treated one, below zero is before [points].
        points: The estimate at each of them, with its weights [points].
        behind: Which of the treated units stand behind each [points x treated].
        panel: The panel.
        design: The design that made it.
    """

    since: Ints
    points: tuple[Estimate, ...]
    behind: Bools
    panel: Panel
    design: "EventStudy"

    @property
    def values(self) -> Floats:
        """The effects [points, unit of the outcome]."""
        return np.array([point.value for point in self.points])

    @property
    def treated(self) -> Ints:
        """How many treated units stand behind each point [points]."""
        return self.behind.sum(axis=1)

    def __repr__(self) -> str:
        return (
            f"Path of {len(self.points)} effects from {self.since[0]:+d} to {self.since[-1]:+d} periods since the "
            f"start, {self.treated.max()} treated units"
        )


@dataclass(frozen=True, slots=True)
class EventStudy:
    """The design behind `event_study`, which may be called on any panel.

    Attributes:
        pre: First and last period before the start; all when none.
        post: First and last period from the start on; all when none.
        weights: What a unit counts: "people" or "units".
        base: What effects are measured from: the "last" period before, or "all" of them.
        anticipation: Periods just before the start that do not serve as base.
    """

    pre: Span | None = None
    post: Span | None = None
    weights: Weighting = "people"
    base: Base = "last"
    anticipation: int = 0

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no option."""
        check_options(self.weights, self.base, self.anticipation)

    def __call__(self, panel: Panel) -> Path:
        """Estimate the path on a panel: see `event_study`."""
        treated = np.flatnonzero(panel.treated)
        _check_even(panel, treated)
        reach = [self._reach(panel, int(row)) for row in treated]
        since = np.array(sorted(set().union(*reach)), dtype=np.int64)
        if not since.size:
            raise BadDesign("No unit is treated inside the window asked for: at least one is needed.")
        behind = np.array([[e in each for each in reach] for e in since.tolist()])
        points = []
        for e, here in zip(since.tolist(), behind, strict=True):
            kept = ~panel.treated
            kept[treated[here]] = True
            points.append(_spread(self.at(e)(panel.take(kept)), panel, kept))
        return Path(since, tuple(points), behind, panel, self)

    def replay(self, panel: Panel, since: Ints, units: Ints, starts: Ints, *, behind: Bools) -> Floats:
        """Estimate the path under many other assignments.

        Args:
            panel: The panel; its own starts are not used.
            since: Periods since the start to estimate [points].
            behind: Which of the treated stand behind each point [points x treated].
            units: Rows of the panel that each assignment treats [assignments x treated].
            starts: First treated period of each of them, as a position, the same in every assignment [treated].

        Returns:
            The effects [assignments x points].
        """
        paths = np.empty((len(units), len(since)))
        for at, (e, near) in enumerate(zip(since.tolist(), behind, strict=True)):
            contrast = partial(self.at(e).contrast, panel)
            paths[:, at] = replay_contrasts(
                panel, contrast, self.weights, units[:, near], starts[near], aside=units[:, ~near]
            )
        return paths

    def complete(self, panel: Panel, starts: Ints) -> Bools:
        """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
        used = np.zeros(len(panel.periods), dtype=bool)
        for start in np.unique(starts).tolist():
            before, after = sides(panel, self.pre, self.post, start)
            used |= before | after
        return np.logical_not(np.isnan(panel.Y[:, used]).any(axis=1))

    def at(self, since: int) -> "PointInTime":
        """Return the design of one point of the path."""
        return PointInTime(self.pre, self.post, self.weights, self.base, self.anticipation, since)

    def _reach(self, panel: Panel, row: int) -> set[int]:
        """Return the distances to its start at which a unit is seen in the window, without the base itself."""
        start, seen = int(panel.start[row]), ~np.isnan(panel.Y[row])
        before, after = (side & seen for side in sides(panel, self.pre, self.post, start))
        usable = before & (np.arange(before.size) < start - self.anticipation)
        try:
            check_sides(usable, after)
        except BadDesign as fault:
            raise BadDesign(f"The treated unit {panel.units[row]}: {fault}") from fault
        base = {int(np.flatnonzero(usable)[-1])} if self.base == "last" else set()
        return {at - start for at in np.flatnonzero(before | after).tolist() if at not in base}


@dataclass(frozen=True, slots=True)
class PointInTime(ContrastDesign):
    """The design of one point of a path: the outcome at one distance to the start, less its base.

    Attributes:
        base: What the effect is measured from: the "last" period before, or "all" of them.
        anticipation: Periods just before the start that do not serve as base.
        since: Periods since the start.
    """

    base: Base = "last"
    anticipation: int = 0
    since: int = 0

    @property
    def name(self) -> str:
        """Short name of the design."""
        return f"event study, {self.since:+d} periods since the start"

    def contrast(self, panel: Panel, start: int, seen: Bools) -> Floats:
        """Return what each period counts for a unit that starts at a position: see `ContrastDesign.contrast`."""
        before, _ = sides(panel, self.pre, self.post, start, anticipation=self.anticipation)
        here = np.arange(before.size) == start + self.since
        before, here = before & seen, here & seen & (inside(panel, self.pre) | inside(panel, self.post))
        check_sides(before, here)
        return here - base_of(before, self.base)


@dataclass(frozen=True, slots=True)
class DriftBefore(ContrastDesign):
    """The mean of what a path shows before the start: the periods before, less the last of them.

    Attributes:
        anticipation: Periods just before the start that count for nothing.
    """

    anticipation: int = 0

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "drift before the start"

    def contrast(self, panel: Panel, start: int, seen: Bools) -> Floats:
        """Return what each period counts for a unit that starts at a position: see `ContrastDesign.contrast`."""
        before, after = sides(panel, self.pre, self.post, start, anticipation=self.anticipation)
        before = before & seen
        check_sides(before, after)
        base = base_of(before, "last")
        earlier = before & (base == 0)
        check_sides(earlier, after)
        return earlier / earlier.sum() - base


def _check_even(panel: Panel, treated: Ints) -> None:
    """Refuse periods of uneven distance where treated units start at different times."""
    if np.unique(panel.start[treated]).size <= 1:
        return
    steps = np.diff([_place(each) for each in panel.periods])
    if (steps >= _UNEVEN * steps.min()).any():
        at = int(steps.argmax())
        raise BadDesign(
            f"The treated start at different times, and the periods are not evenly spaced: {panel.periods[at + 1]} "
            f"follows {panel.periods[at]}. Give every period a row in the frame, with an empty outcome where nobody "
            "was observed."
        )


def _place(period: object) -> float:
    """Return where a period stands in time; labels that tell no time are taken to be evenly spaced."""
    if isinstance(period, str):
        return float(days_of(period)[0].toordinal()) if is_period(period) else np.nan
    if isinstance(period, date):
        return float(period.toordinal())
    return float(period) if isinstance(period, int | float | np.integer | np.floating) else np.nan


def _spread(point: Estimate, panel: Panel, kept: Bools) -> Estimate:
    """Return the estimate on the whole panel: units that it did not use count for nothing."""
    weights = np.zeros(panel.Y.shape)
    weights[kept] = point.weights
    return replace(point, weights=weights, panel=panel)
