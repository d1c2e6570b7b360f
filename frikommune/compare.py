"""Comparison designs. A design is a matrix of weights on the panel: the effect is the sum of weights times outcome."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.panel import Panel


def did(
    panel: Panel,
    pre: Span | None = None,
    post: Span | None = None,
    *,
    weights: Literal["people", "units"] = "people",
    base: Literal["all", "last"] = "all",
) -> Estimate:
    """Estimate a difference-in-differences from group-time contrasts against never-treated units.

    For a treated unit g with start s, tau_g is the mean of its periods after the start minus the mean of those
    before, less the weighted mean over the comparison units of the same difference over the same periods. The
    effect is the weighted mean of tau_g. Units with different starts are never compared with each other.

    Right when, without the trial, the treated would have changed as the comparison units did. With `base="last"`
    and equal weights each contrast is the mean over t of ATT(g, t) in Callaway & Sant'Anna (2021), equation 2.8
    (never-treated comparison, no covariates).

    Args:
        panel: Cell means; the comparison units are those never treated in it.
        pre: First and last period to use before the start, ends included; all by default.
        post: First and last period to use from the start on, ends included; all by default.
        weights: "people" weights units by the persons behind their cells, "units" counts each unit once.
        base: "all" compares with every period before, "last" with the last of them only.

    Returns:
        The effect on the treated, in the unit of the outcome.

    Raises:
        BadDesign: Nobody, or everybody, is treated; a treated unit has no period before or after; no comparison
            unit is observed in the same periods; or people are to be weighted and their number is not known.

    References:
        Callaway, B. & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal
        of Econometrics 225(2), 200-230.
    """
    return DifferenceInDifferences(pre=pre, post=post, weights=weights, base=base)(panel)


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """The design behind `did`, which may be called on any panel.

    Attributes:
        pre: First and last period before the start; all when none.
        post: First and last period from the start on; all when none.
        weights: What a unit counts: "people" or "units".
        base: Which periods before: "all" or "last".
    """

    pre: Span | None = None
    post: Span | None = None
    weights: Literal["people", "units"] = "people"
    base: Literal["all", "last"] = "all"

    def __post_init__(self) -> None:
        """Refuse words that are no option, before they are taken for another."""
        if self.weights not in ("people", "units"):
            raise UnknownName.among("weighting", self.weights, ("people", "units"))
        if self.base not in ("all", "last"):
            raise UnknownName.among("base", self.base, ("all", "last"))

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "difference-in-differences"

    def __call__(self, panel: Panel) -> Estimate:
        """Estimate the effect on a panel: see `did`."""
        treated = np.flatnonzero(panel.treated)
        controls = np.flatnonzero(~panel.treated)
        if not treated.size or not controls.size:
            raise BadDesign(
                f"{treated.size} units are treated and {controls.size} never are: at least one of each is needed."
            )
        contrasts = np.array([self._contrast(panel, int(row)) for row in treated])
        mass = np.array([self._mass(panel, contrast, treated[[at]])[0] for at, contrast in enumerate(contrasts)])
        cells = np.zeros(panel.Y.shape)
        by_unit = np.empty(treated.size)
        dropped: set[object] = set()
        for at, (row, contrast, share) in enumerate(zip(treated, contrasts, mass / mass.sum(), strict=True)):
            against, lacking = self._controls(panel, contrast, controls)
            dropped.update(lacking)
            one = np.zeros(panel.Y.shape)
            one[row] = contrast
            one -= against[:, None] * contrast
            by_unit[at] = _weighted_sum(one, panel.Y)
            cells += share * one
        return Estimate(
            value=_weighted_sum(cells, panel.Y),
            weights=cells,
            panel=panel,
            design=self,
            by_unit=by_unit,
            dropped=tuple(unit for unit in panel.units if unit in dropped),
        )

    def over(self, pre: Span, post: Span) -> "DifferenceInDifferences":
        """Return the same design over another window."""
        return replace(self, pre=pre, post=post)

    def complete(self, panel: Panel, starts: Ints) -> NDArray[np.bool_]:
        """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
        used = np.zeros(len(panel.periods), dtype=bool)
        for start in np.unique(starts):
            used |= self._window(panel, int(start), np.ones_like(used)) != 0
        return np.logical_not(np.isnan(panel.Y[:, used]).any(axis=1))

    def replay(self, panel: Panel, units: Ints, starts: Ints) -> Floats:
        """Estimate the effect under many other assignments: see `Design.replay`.

        Units that lack a cell in the window of some start cannot stand in for a treated one and must have been
        left out of the panel.
        """
        distinct, which = np.unique(starts, return_inverse=True)
        which = np.broadcast_to(which.reshape(starts.shape), units.shape)
        window = [self._window(panel, start, np.ones(len(panel.periods), dtype=bool)) for start in distinct]
        changes = np.stack([_change(panel, contrast) for contrast in window], axis=1)
        everybody = np.arange(len(panel.units))
        mass = np.stack([self._mass(panel, contrast, everybody) for contrast in window], axis=1)
        chosen_mass, chosen_change = mass[units, which], changes[units, which]
        # The comparison of each assignment is everybody less those it treats, for each start.
        left = mass.sum(axis=0) - mass[units].sum(axis=1)
        against = ((mass * changes).sum(axis=0) - (mass * changes)[units].sum(axis=1)) / left
        tau = chosen_change - np.take_along_axis(against, which, axis=1)
        return (chosen_mass * tau).sum(axis=1) / chosen_mass.sum(axis=1)

    def _contrast(self, panel: Panel, row: int) -> Floats:
        return self._window(panel, int(panel.start[row]), ~np.isnan(panel.Y[row]), panel.units[row])

    def _window(self, panel: Panel, start: int, seen: NDArray[np.bool_], unit: object = None) -> Floats:
        """Return what each period counts for a unit that starts at a position: + after, - before, 0 elsewhere."""
        at = np.arange(len(panel.periods))
        before = seen & (at < start) & _inside(panel, self.pre)
        after = seen & (at >= start) & _inside(panel, self.post)
        if not before.any() or not after.any():
            whose = "An assignment" if unit is None else f"The treated unit {unit}"
            raise BadDesign(
                f"{whose} has {before.sum()} observed periods before its start and {after.sum()} after, in the window "
                f"asked for: at least one of each is needed."
            )
        if self.base == "last":
            before &= at == np.flatnonzero(before)[-1]
        return after / after.sum() - before / before.sum()

    def _controls(self, panel: Panel, contrast: Floats, controls: Ints) -> tuple[Floats, list[object]]:
        """Return what each unit counts as a comparison [units], and those that lack a cell of the contrast."""
        seen = ~np.isnan(panel.Y[np.ix_(controls, np.flatnonzero(contrast))]).any(axis=1)
        usable = controls[seen]
        if not usable.size:
            raise BadDesign("No comparison unit is observed in every period that a treated unit is compared over.")
        mass = self._mass(panel, contrast, usable)
        against = np.zeros(len(panel.units))
        against[usable] = mass / mass.sum()
        return against, [panel.units[row] for row in controls[~seen]]

    def _mass(self, panel: Panel, contrast: Floats, rows: Ints) -> Floats:
        """Return what units count: their mean number of persons over the window, or one each."""
        if self.weights == "units":
            return np.ones(rows.size)
        people = panel.n[np.ix_(rows, np.flatnonzero(contrast))].mean(axis=1)
        if not (people > 0).all():
            raise BadDesign(
                f"{int((~(people > 0)).sum())} units have cells without a number of persons: "
                'give the panel n, or ask for weights="units".'
            )
        return people


def _inside(panel: Panel, span: Span | None) -> NDArray[np.bool_]:
    if span is None:
        return np.ones(len(panel.periods), dtype=bool)
    unknown = [end for end in span if end not in panel.periods]
    if unknown:
        first, last = panel.periods[0], panel.periods[-1]
        raise BadDesign(f"The panel has no period {unknown[0]!r}: its periods run from {first!r} to {last!r}.")
    return np.array([span[0] <= period <= span[1] for period in panel.periods])


def _change(panel: Panel, contrast: Floats) -> Floats:
    """Return each unit's contrast between after and before [units]."""
    used = contrast != 0
    change = panel.Y[:, used] @ contrast[used]
    if np.isnan(change).any():
        raise BadDesign(f"{int(np.isnan(change).sum())} units lack a cell in the window and cannot serve as placebos.")
    return change


def _weighted_sum(weights: Floats, values: Floats) -> float:
    used = weights != 0
    return float((weights[used] * values[used]).sum())
