"""Difference-in-differences from group-time contrasts, the difference of two groups' panels, and before-after."""

from dataclasses import dataclass
from typing import ClassVar

from frikommune.compare.contrasts import (
    Base,
    Bools,
    ContrastDesign,
    Weighting,
    base_of,
    check_options,
    check_sides,
    sides,
)
from frikommune.estimate import Estimate, Floats, Span
from frikommune.panel import Panel, difference


def did(
    panel: Panel,
    pre: Span | None = None,
    post: Span | None = None,
    *,
    weights: Weighting = "people",
    base: Base = "all",
    anticipation: int = 0,
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
        anticipation: Periods just before the start in which people may already have acted on it; they count
            neither as before nor as after.

    Returns:
        The effect on the treated, in the unit of the outcome.

    Raises:
        BadDesign: Nobody, or everybody, is treated; a treated unit has no period before or after; no comparison
            unit is observed in the same periods; people are to be weighted and their number is not known; or the
            anticipation is below zero.
        UnknownName: There is no such weighting or base.

    References:
        Callaway, B. & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal
        of Econometrics 225(2), 200-230.
    """
    return DifferenceInDifferences(pre=pre, post=post, weights=weights, base=base, anticipation=anticipation)(panel)


def triple(
    panel: Panel,
    other: Panel,
    pre: Span | None = None,
    post: Span | None = None,
    *,
    weights: Weighting = "people",
    base: Base = "all",
    anticipation: int = 0,
) -> Estimate:
    """Estimate a triple difference: difference-in-differences of the gap between two groups of the same units.

    Whatever hits the whole of a municipality, the region's labour market above all, moves both groups and falls out.
    Right when, without the trial, the gap between the groups would have changed as in the comparison units, and when
    the trial did not touch the other group.

    Args:
        panel: The target group.
        other: Another group in the same units and periods, which the trial leaves alone.
        pre: As for `did`.
        post: As for `did`.
        weights: As for `did`; people are those of the target group.
        base: As for `did`.
        anticipation: As for `did`.

    Returns:
        The effect on the target group, in the unit of the outcome; its panel holds the gaps.

    Raises:
        BadDesign: The panels differ in units, periods or starts, or as for `did`.
    """
    gaps = difference(panel, other)
    return did(gaps, pre, post, weights=weights, base=base, anticipation=anticipation)


def before_after(
    panel: Panel, pre: Span | None = None, post: Span | None = None, *, weights: Weighting = "people"
) -> Estimate:
    """Estimate the change in the treated units alone: the weakest design, because everything else changed too.

    It answers "what happened?", not "what did the trial do?", and is here so that it can be shown beside a comparison.
    The comparison units take no part in it; placebos are the changes in other units.

    Args:
        panel: Cell means.
        pre: First and last period before the start; all by default.
        post: First and last period from the start on; all by default.
        weights: "people" or "units".

    Raises:
        BadDesign: Nobody is treated, a treated unit has no period before or after, or people are not known.
        UnknownName: There is no such weighting.
    """
    return BeforeAfter(pre=pre, post=post, weights=weights)(panel)


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences(ContrastDesign):
    """The design behind `did`, which may be called on any panel.

    Attributes:
        base: Which periods before: "all" or "last".
        anticipation: Periods just before the start that count neither as before nor as after.
    """

    base: Base = "all"
    anticipation: int = 0

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no option."""
        check_options(self.weights, self.base, self.anticipation)

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "difference-in-differences"

    def contrast(self, panel: Panel, start: int, seen: Bools) -> Floats:
        """Return what each period counts for a unit that starts at a position: see `ContrastDesign.contrast`."""
        before, after = sides(panel, self.pre, self.post, start, anticipation=self.anticipation)
        before, after = before & seen, after & seen
        check_sides(before, after)
        return after / after.sum() - base_of(before, self.base)


@dataclass(frozen=True, slots=True)
class BeforeAfter(ContrastDesign):
    """The design behind `before_after`, which may be called on any panel."""

    compared: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse words that are no option."""
        check_options(self.weights)

    @property
    def name(self) -> str:
        """Short name of the design, with its label."""
        return "before-after without a comparison (the weakest design)"

    def contrast(self, panel: Panel, start: int, seen: Bools) -> Floats:
        """Return what each period counts for a unit that starts at a position: see `ContrastDesign.contrast`."""
        before, after = sides(panel, self.pre, self.post, start)
        before, after = before & seen, after & seen
        check_sides(before, after)
        return after / after.sum() - before / before.sum()
