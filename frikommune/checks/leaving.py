"""Leave one out: does the effect rest on a single municipality?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from frikommune.checks.nouns import Reason
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class LeaveOneOut:
    """The effect without each of the units in turn.

    Attributes:
        estimate: The effect with all of them.
        treated: Treated units that were left out, in the panel's order; none when only one is treated.
        without_treated: The effect without each of these [treated, unit of the outcome].
        comparisons: Comparison units that were left out, in the panel's order.
        without_comparison: The effect without each of these [comparisons, unit of the outcome].
    """

    estimate: Estimate
    treated: tuple[Any, ...]
    without_treated: Floats
    comparisons: tuple[Any, ...]
    without_comparison: Floats

    @property
    def heaviest(self) -> tuple[Any, float]:
        """The unit without which the effect changes most, and the effect without it [unit of the outcome]."""
        values = np.concatenate([self.without_treated, self.without_comparison])
        at = int(np.abs(values - self.estimate.value).argmax())
        return (*self.treated, *self.comparisons)[at], float(values[at])

    def fault(self, margin: float) -> Reason | None:
        """Fail when one unit moves the effect further than the margin: see `Check`."""
        _, without = self.heaviest
        if abs(without - self.estimate.value) <= margin:
            return None
        return Reason("rests_on_one", (("effect", self.estimate.value), ("without", without), ("margin", margin)))

    def passed(self, margin: float) -> Reason:
        """Say that it rests on no single unit: see `Check`."""
        return Reason(
            "rests_on_many", (("effect", self.estimate.value), ("without", self.heaviest[1]), ("margin", margin))
        )

    def __repr__(self) -> str:
        unit, without = self.heaviest
        return (
            f"LeaveOneOut: {self.estimate.value:+.4g}, without {unit} {without:+.4g} "
            f"({len(self.treated)} treated and {len(self.comparisons)} comparison units left out in turn)"
        )


def leave_one_out(estimate: Estimate) -> LeaveOneOut:
    """Call the same design without each treated and without each comparison unit.

    With one treated unit only the comparisons can be left out; the effect then rests on that unit, whatever this says.

    Args:
        estimate: The effect to check.

    Returns:
        The effects without each unit, those that count for nothing in it included.

    Raises:
        BadDesign: There is one treated and one comparison unit, so that nobody can be left out.

    References:
        Abadie, Diamond & Hainmueller (2015), American Journal of Political Science 59(2), 495-510, section on
        robustness: leaving out one comparison at a time.
    """
    rows = np.arange(len(estimate.panel.units))
    sides = [
        side if side.size > 1 else side[:0] for side in (rows[estimate.panel.treated], rows[~estimate.panel.treated])
    ]
    if not any(side.size for side in sides):
        raise BadDesign("One treated and one comparison unit: neither can be left out; add comparison units.")
    without = [np.array([_without(estimate, row) for row in side]) for side in sides]
    names = [tuple(estimate.panel.units[row] for row in side) for side in sides]
    return LeaveOneOut(estimate, names[0], without[0], names[1], without[1])


def _without(estimate: Estimate, row: int) -> float:
    kept = np.arange(len(estimate.panel.units)) != row
    return estimate.design(estimate.panel.take(kept)).value
