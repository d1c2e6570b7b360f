"""What the synthetic designs share: units that start together have one comparison, fitted before their start."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from frikommune.compare.contrasts import Bools, Weighting, check_sides, sides, treated_and_controls, weighted_sum
from frikommune.compare.fits import Fit
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.panel import Panel


@dataclass(frozen=True, slots=True)
class Synthetic:
    """What every design has whose comparison is fitted: a window, and its fit called and called again.

    Attributes:
        pre: First and last period before the start; all when none.
        post: First and last period from the start on; all when none.
    """

    pre: Span | None = None
    post: Span | None = None

    @property
    def name(self) -> str:
        """Short name of the design."""
        raise NotImplementedError

    @property
    def weights(self) -> Weighting:
        """What a treated unit counts: one, as every other that starts with it."""
        return "units"

    def __call__(self, panel: Panel) -> Estimate:
        """Estimate the effect on a panel."""
        return estimate_cohorts(self, panel)

    def over(self, pre: Span, post: Span) -> Self:
        """Return the same design over another window."""
        return replace(self, pre=pre, post=post)

    def complete(self, panel: Panel, starts: Ints) -> Bools:
        """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
        return complete_cohorts(self, panel, starts)

    def replay(self, panel: Panel, units: Ints, starts: Ints) -> Floats:
        """Estimate the effect under many other assignments: see `Design.replay`. Some milliseconds each."""
        return replay_cohorts(self, panel, units, starts)

    def fit(self, panel: Panel, before: Bools, after: Bools) -> Fit:
        """Return what the weights of a cohort are made from."""
        raise NotImplementedError


def estimate_cohorts(design: Synthetic, panel: Panel) -> Estimate:
    """Estimate the mean effect of the cohorts, weighted by their treated cells.

    Args:
        design: The design; its own fit makes the weights.
        panel: The panel.

    Raises:
        BadDesign: See `frikommune.compare.synth`.
    """
    treated, controls = treated_and_controls(panel)
    starts = np.unique(panel.start[treated])
    cells, by_unit, mass = np.zeros(panel.Y.shape), np.empty(treated.size), 0.0
    dropped: set[object] = set()
    for start in starts.tolist():
        cohort = treated[panel.start[treated] == start]
        whole = design.complete(panel, np.array([start]))
        _check_cohort(panel, cohort, controls, whole)
        dropped.update(panel.units[row] for row in controls[~whole[controls]])
        donors = controls[whole[controls]]
        block, each = _block(design, panel, start, cohort, donors)
        by_unit[np.isin(treated, cohort)] = each
        after = int(_window(design, panel, start)[1].sum())
        cells += cohort.size * after * block
        mass += cohort.size * after
    cells /= mass
    lacking = tuple(unit for unit in panel.units if unit in dropped)
    return Estimate(weighted_sum(cells, panel.Y), cells, panel, design, by_unit, lacking)


def complete_cohorts(design: Synthetic, panel: Panel, starts: Ints) -> Bools:
    """Tell which units hold every cell that a replay with these starts needs: see `Design.complete`."""
    used = np.any([np.logical_or(*_window(design, panel, start)) for start in np.unique(starts).tolist()], axis=0)
    return np.logical_not(np.isnan(panel.Y[:, used]).any(axis=1))


def replay_cohorts(design: Synthetic, panel: Panel, units: Ints, starts: Ints) -> Floats:
    """Estimate the effect under many other assignments: see `Design.replay`."""
    starts = np.broadcast_to(starts, units.shape)
    cohorts = {start: _Cohort.of(design, panel, start) for start in np.unique(starts).tolist()}
    effects = np.empty(len(units))
    for at, (chosen, when) in enumerate(zip(units, starts, strict=True)):
        left = np.ones(len(panel.units), dtype=bool)
        left[chosen] = False
        donors = np.flatnonzero(left)
        total = mass = 0.0
        for start in set(when.tolist()):
            treated = chosen[when == start]
            size = treated.size * cohorts[start].after
            total, mass = total + size * cohorts[start].effect(treated, donors), mass + size
        effects[at] = total / mass
    return effects


@dataclass(frozen=True, slots=True)
class _Cohort:
    """What all assignments share that start together.

    Attributes:
        fit: What the weights are made from.
        values: Outcomes in the periods before and after [units x periods].
        after: Number of periods after.
    """

    fit: Fit
    values: Floats
    after: int

    @classmethod
    def of(cls, design: Synthetic, panel: Panel, start: int) -> "_Cohort":
        before, after = _window(design, panel, start)
        return cls(design.fit(panel, before, after), panel.Y[:, before | after], int(after.sum()))

    def effect(self, treated: Ints, donors: Ints) -> float:
        omega, periods = self.fit.weights(treated, donors)
        change = self.values @ periods
        return float(change[treated].mean() - omega @ change[donors])


def _window(design: Synthetic, panel: Panel, start: int) -> tuple[Bools, Bools]:
    before, after = sides(panel, design.pre, design.post, start)
    check_sides(before, after)
    return before, after


def _check_cohort(panel: Panel, cohort: Ints, controls: Ints, whole: Bools) -> None:
    holes = int((~whole[cohort]).sum())
    if holes:
        raise BadDesign(
            f"{holes} treated units lack a cell in the window (such as {panel.units[cohort[~whole[cohort]][0]]}): a "
            "synthetic comparison fits every period; choose another window, or difference-in-differences."
        )
    if not whole[controls].any():
        raise BadDesign("No comparison unit is observed in every period of the window.")


def _block(design: Synthetic, panel: Panel, start: int, cohort: Ints, donors: Ints) -> tuple[Floats, Floats]:
    """Return the weights of one cohort [units x periods], and the effect in each of its units."""
    before, after = _window(design, panel, start)
    rows = np.append(cohort, donors)
    fit = design.fit(panel.take(rows), before, after)
    omega, periods = fit.weights(np.arange(cohort.size), np.arange(cohort.size, rows.size))
    used = np.flatnonzero(before | after)
    block = np.zeros(panel.Y.shape)
    block[np.ix_(cohort, used)] = periods / cohort.size
    block[np.ix_(donors, used)] = -omega[:, None] * periods
    against = omega @ panel.Y[np.ix_(donors, used)] @ periods
    return block, panel.Y[np.ix_(cohort, used)] @ periods - against
