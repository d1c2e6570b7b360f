"""What the designs of group-time contrasts share: each treated unit against the never-treated, over its own periods.

A contrast says what each period counts for a unit that starts at a position: positive after, negative before, and
zero where a period is not used. The comparison units count by the same contrast, so that units with different starts
are never compared with each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Design, Estimate, Floats, Ints, Span
from frikommune.panel import Panel

Bools = NDArray[np.bool_]
Weighting = Literal["people", "units"]
Base = Literal["all", "last"]
_ROUNDING = 1e-13  # of the sizes that are summed
# From a start and the periods that are seen, as positions, to what each period counts [periods].
Contrast = Callable[[int, Bools], Floats]


@dataclass(frozen=True, slots=True)
class ContrastDesign:
    """What every design of contrasts has: a window, a weighting, and its contrast called and called again.

    Attributes:
        pre: First and last period before the start; all when none.
        post: First and last period from the start on; all when none.
        weights: What a unit counts: "people" or "units".
        compared: Whether there is a comparison at all.
    """

    pre: Span | None = None
    post: Span | None = None
    weights: Weighting = "people"
    compared: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Short name of the design."""
        raise NotImplementedError

    def __call__(self, panel: Panel) -> Estimate:
        """Estimate the effect on a panel."""
        contrast = partial(self.contrast, panel)
        return estimate_contrasts(self, panel, contrast, self.weights, compared=self.compared)

    def over(self, pre: Span, post: Span) -> Self:
        """Return the same design over another window."""
        return replace(self, pre=pre, post=post)

    def complete(self, panel: Panel, starts: Ints) -> Bools:
        """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
        return complete_contrasts(panel, partial(self.contrast, panel), starts)

    def replay(self, panel: Panel, units: Ints, starts: Ints) -> Floats:
        """Estimate the effect under many other assignments: see `Design.replay`."""
        contrast = partial(self.contrast, panel)
        return replay_contrasts(panel, contrast, self.weights, units, starts, compared=self.compared)

    def contrast(self, panel: Panel, start: int, seen: Bools) -> Floats:
        """Return what each period counts for a unit that starts at a position: + after, - before, 0 elsewhere."""
        raise NotImplementedError


def check_options(weights: str, base: str = "all", anticipation: int = 0) -> None:
    """Refuse words and numbers that are no option, before they are taken for another.

    Raises:
        UnknownName: There is no such weighting or base.
        BadDesign: The anticipation is below zero.
    """
    if weights not in ("people", "units"):
        raise UnknownName.among("weighting", weights, ("people", "units"))
    if base not in ("all", "last"):
        raise UnknownName.among("base", base, ("all", "last"))
    if anticipation < 0:
        raise BadDesign(f"The anticipation is {anticipation} periods: zero or more were expected.")


def inside(panel: Panel, span: Span | None) -> Bools:
    """Tell which periods lie in a span, ends included [periods]; all of them when there is none.

    Raises:
        BadDesign: The panel has no such period.
    """
    if span is None:
        return np.ones(len(panel.periods), dtype=bool)
    unknown = [end for end in span if end not in panel.periods]
    if unknown:
        first, last = panel.periods[0], panel.periods[-1]
        raise BadDesign(f"The panel has no period {unknown[0]}: its periods run from {first} to {last}.")
    return np.array([span[0] <= period <= span[1] for period in panel.periods])


def sides(
    panel: Panel, pre: Span | None, post: Span | None, start: int, *, anticipation: int = 0
) -> tuple[Bools, Bools]:
    """Return which periods lie before and after a start, in a window [periods, periods].

    Args:
        panel: The panel.
        pre: First and last period before; all when none.
        post: First and last period from the start on; all when none.
        start: Position of the first treated period.
        anticipation: Periods just before the start that belong to neither side.
    """
    at = np.arange(len(panel.periods))
    return (at < start - anticipation) & inside(panel, pre), (at >= start) & inside(panel, post)


def check_sides(before: Bools, after: Bools) -> None:
    """Refuse a start that leaves no period on one side.

    Raises:
        BadDesign: There is no period before, or none after.
    """
    if not before.any() or not after.any():
        raise BadDesign(
            f"{before.sum()} observed periods before the start and {after.sum()} after, in the window asked for: at "
            f"least one of each is needed."
        )


def base_of(before: Bools, base: Base) -> Floats:
    """Return what each period counts in the base [periods, sum one]: all before alike, or the last of them alone."""
    if base == "last":
        before = before & (np.arange(before.size) == np.flatnonzero(before)[-1])
    return before / before.sum()


def treated_and_controls(panel: Panel, *, needed: bool = True) -> tuple[Ints, Ints]:
    """Return the rows of the treated and of the never-treated units.

    Args:
        panel: The panel.
        needed: Whether a never-treated unit is needed.

    Raises:
        BadDesign: There are none of either.
    """
    treated, controls = np.flatnonzero(panel.treated), np.flatnonzero(~panel.treated)
    if not treated.size or (needed and not controls.size):
        raise BadDesign(
            f"{treated.size} units are treated and {controls.size} never are: at least one of each is needed."
        )
    return treated, controls


def estimate_contrasts(
    design: Design, panel: Panel, contrast: Contrast, weights: Weighting, *, compared: bool = True
) -> Estimate:
    """Estimate the weighted mean of the treated units' contrasts, each less that of its comparison units.

    A treated unit is compared over the periods in which it is seen; comparison units that lack one of these are left
    out of that contrast, and named.

    Args:
        design: The design that the estimate carries.
        panel: The panel.
        contrast: What each period counts for a unit.
        weights: What a unit counts: "people" or "units".
        compared: Whether there is a comparison at all.

    Raises:
        BadDesign: See `frikommune.compare.did`.
    """
    treated, controls = treated_and_controls(panel, needed=compared)
    contrasts = np.array([_own(panel, contrast, int(row)) for row in treated])
    mass = np.array([_mass(panel, each, treated[[at]], weights)[0] for at, each in enumerate(contrasts)])
    shares = mass / mass.sum()
    cells = np.zeros(panel.Y.shape)
    cells[treated] = shares[:, None] * contrasts
    by_unit = np.array([weighted_sum(each, panel.Y[row]) for row, each in zip(treated, contrasts, strict=True)])
    dropped: set[object] = set()
    for each in _distinct(contrasts) if compared else []:
        against, lacking = _against(panel, each, controls, weights)
        dropped.update(lacking)
        alike = (contrasts == each).all(axis=1)
        block = against[:, None] * each
        by_unit[alike] -= weighted_sum(block, panel.Y)
        cells -= shares[alike].sum() * block
    return Estimate(
        value=weighted_sum(cells, panel.Y),
        weights=cells,
        panel=panel,
        design=design,
        by_unit=by_unit,
        dropped=tuple(unit for unit in panel.units if unit in dropped),
    )


def complete_contrasts(panel: Panel, contrast: Contrast, starts: Ints) -> Bools:
    """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
    everything = np.ones(len(panel.periods), dtype=bool)
    used = np.any([contrast(int(start), everything) != 0 for start in np.unique(starts)], axis=0)
    return np.logical_not(np.isnan(panel.Y[:, used]).any(axis=1))


def replay_contrasts(
    panel: Panel,
    contrast: Contrast,
    weights: Weighting,
    units: Ints,
    starts: Ints,
    *,
    aside: Ints | None = None,
    compared: bool = True,
) -> Floats:
    """Estimate the effect under many other assignments: see `Design.replay`.

    Units that lack a cell in the window of some start cannot stand in for a treated one and must have been left out
    of the panel.

    Args:
        panel: The panel.
        contrast: What each period counts for a unit.
        weights: What a unit counts.
        units: Rows that each assignment treats [assignments x treated].
        starts: Their first treated periods [treated, or assignments x treated].
        aside: Rows that each assignment neither counts as treated nor compares with [assignments x any].
        compared: Whether there is a comparison at all.
    """
    distinct, which = np.unique(starts, return_inverse=True)
    which = np.broadcast_to(which.reshape(starts.shape), units.shape)
    everything = np.ones(len(panel.periods), dtype=bool)
    window = [contrast(int(start), everything) for start in distinct]
    changes = np.stack([_change(panel, each) for each in window], axis=1)
    everybody = np.arange(len(panel.units))
    mass = np.stack([_mass(panel, each, everybody, weights) for each in window], axis=1)
    chosen_mass, tau = mass[units, which], changes[units, which]
    if compared:
        gone = units if aside is None else np.hstack([units, aside])
        tau = tau - np.take_along_axis(_elsewhere(mass, changes, gone), which, axis=1)
    return (chosen_mass * tau).sum(axis=1) / chosen_mass.sum(axis=1)


def weighted_sum(weights: Floats, values: Floats) -> float:
    """Return the sum of weights times values; missing values that count for nothing, and mere rounding, are nothing."""
    used = weights != 0
    terms = weights[used] * values[used]
    total = float(terms.sum())  # were its last digit kept, placebos would be held against that
    return total if abs(total) > _ROUNDING * float(np.abs(terms).sum()) else 0.0


def _elsewhere(mass: Floats, changes: Floats, gone: Ints) -> Floats:
    """Return the comparison's change for each assignment and start: that of everybody but those who are gone."""
    left = mass.sum(axis=0) - mass[gone].sum(axis=1)
    return ((mass * changes).sum(axis=0) - (mass * changes)[gone].sum(axis=1)) / left


def _distinct(contrasts: Floats) -> list[Floats]:
    """Return each contrast once: units with the same start and the same holes are compared alike."""
    return list({each.tobytes(): each for each in contrasts}.values())


def _own(panel: Panel, contrast: Contrast, row: int) -> Floats:
    try:
        return contrast(int(panel.start[row]), ~np.isnan(panel.Y[row]))
    except BadDesign as fault:
        raise BadDesign(f"The treated unit {panel.units[row]}: {fault}") from fault


def _against(panel: Panel, contrast: Floats, controls: Ints, weights: Weighting) -> tuple[Floats, list[object]]:
    """Return what each unit counts as a comparison [units], and those that lack a cell of the contrast."""
    seen = ~np.isnan(panel.Y[np.ix_(controls, np.flatnonzero(contrast))]).any(axis=1)
    usable = controls[seen]
    if not usable.size:
        raise BadDesign("No comparison unit is observed in every period that a treated unit is compared over.")
    mass = _mass(panel, contrast, usable, weights)
    against = np.zeros(len(panel.units))
    against[usable] = mass / mass.sum()
    return against, [panel.units[row] for row in controls[~seen]]


def _mass(panel: Panel, contrast: Floats, rows: Ints, weights: Weighting) -> Floats:
    """Return what units count: their mean number of persons over the window, or one each."""
    if weights == "units":
        return np.ones(rows.size)
    people = panel.n[np.ix_(rows, np.flatnonzero(contrast))].mean(axis=1)
    if not (people > 0).all():
        raise BadDesign(
            f"{int((~(people > 0)).sum())} units have cells without a number of persons: "
            'give the panel n, or ask for weights="units".'
        )
    return people


def _change(panel: Panel, contrast: Floats) -> Floats:
    """Return each unit's contrast between after and before [units]."""
    used = contrast != 0
    change = panel.Y[:, used] @ contrast[used]
    if np.isnan(change).any():
        raise BadDesign(f"{int(np.isnan(change).sum())} units lack a cell in the window and cannot serve as placebos.")
    return change
