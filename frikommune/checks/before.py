"""Checks on the time before: was anybody treated already, and did the treated drift?"""

from dataclasses import dataclass

from frikommune.checks.nouns import Reason, how_far, moved
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Span
from frikommune.inference import Inference, infer


@dataclass(frozen=True, slots=True)
class AlreadyTreated:
    """Treated units that held waivers of their own before the trial, so that "before" is not before.

    Attributes:
        spoilt: How many of the treated units those are.
        treated: How many are treated.
    """

    spoilt: int
    treated: int

    def fault(self, margin: float) -> Reason | None:  # noqa: ARG002 - the same question whatever the margin
        """Fail when every treated unit is spoilt: see `Check`."""
        if self.spoilt < self.treated:
            return None
        return Reason("treated_before", (("spoilt", self.spoilt), ("treated", self.treated)))

    def passed(self, margin: float) -> Reason:  # noqa: ARG002 - the same whatever the margin
        """Say how many are not spoilt: see `Check`."""
        return Reason("clean_before", (("units", self.treated - self.spoilt), ("treated", self.treated)))


@dataclass(frozen=True, slots=True)
class PlaceboInTime:
    """The effect of a trial that had not begun, at a time when there was none.

    Attributes:
        estimate: The drift of the treated against the comparison units [unit of the outcome].
        inference: How sure it is, by `infer`.
        pre: First and last period taken as before.
        post: First and last period taken as after; all of them before the real start.
    """

    estimate: Estimate
    inference: Inference
    pre: Span
    post: Span

    def fault(self, margin: float) -> Reason | None:
        """Fail when the treated drifted further than the margin, or further than placebos go: see `Check`."""
        return moved(self.estimate, self.inference, margin, surely="drift_before", possibly="drift_possible")

    def passed(self, margin: float) -> Reason:
        """Say that they did not drift: see `Check`."""
        return Reason("no_drift", how_far(self.estimate, self.inference, margin))


def placebo_in_time(
    estimate: Estimate, pre: Span, post: Span, draws: int = 9999, seed: int = 1, *, level: float = 0.95
) -> PlaceboInTime:
    """Call the same design on periods before anybody was treated, and judge it as the effect itself is, by `infer`.

    Args:
        estimate: The effect to check; its design is called with the other windows.
        pre: First and last period to take as before.
        post: First and last period to take as after.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        level: Confidence level.

    Returns:
        The drift and how sure it is.

    Raises:
        BadDesign: The window reaches into the trial, or into the periods in which the design allows for anticipation.

    References:
        Heckman & Hotz (1989), Journal of the American Statistical Association 84(408), 862-874: the pre-program test.
    """
    panel = estimate.panel
    first = int(panel.start.min())
    ahead = getattr(estimate.design, "anticipation", 0)
    if panel.position(post[1]) >= first:
        raise BadDesign(f"The placebo in time ends with {post[1]}, when the first unit was already treated.")
    if panel.position(post[1]) >= first - ahead:
        raise BadDesign(
            f"The placebo in time ends with {post[1]}, when people may already have acted on the trial: the design "
            f"leaves out {ahead} periods before the start; end it before these."
        )
    units = [unit for unit, treated in zip(panel.units, panel.treated, strict=True) if treated]
    before = panel.until(panel.periods[first]).treating(units, post[0])
    drift = estimate.design.over(pre, post)(before)
    return PlaceboInTime(drift, infer(drift, draws, seed, level=level), pre, post)
