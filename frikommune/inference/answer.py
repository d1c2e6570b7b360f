"""What is said about how sure an estimate is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm

from frikommune.errors import BadDesign
from frikommune.estimate import Floats
from frikommune.inference.inversion import needed

Pool = Literal["comparisons", "all"]
Scheme = Literal["scattered", "contiguous", "region"]

# An effect this many standard errors large is found with 80 % power by a two-sided test at 5 %.
DETECTABLE = float(norm.ppf(0.975) + norm.ppf(0.8))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Inference:
    """How an estimate stands among its placebos, or against the shocks that regions share.

    Attributes:
        p: Share of assignments with an effect at least as large in absolute value, the real one counted; never 0.
        low: Lower end of the interval [unit of the outcome]; minus infinity where the draws are too few for one.
        high: Upper end of the interval.
        at_least: One-sided lower bound [unit of the outcome].
        at_most: One-sided upper bound [unit of the outcome].
        sd: Standard deviation of the effect where nothing happened [unit of the outcome].
        smallest_detectable: Effect found with 80 % power by a two-sided test at 1 - level; infinite where no effect
            could ever be.
        draws: The placebo effects, each brought to the spread of the treated set [assignments, unit of the outcome].
        level: Confidence level of the interval and, one-sided, of the bounds.
        pool: What the placebos were drawn from: "comparisons" or "all".
        enumerated: Whether every possible assignment was tried.
        method: "scattered", "contiguous" or "region" placebos, "regional" for the regional shock made explicit, or
            "none" where no method holds its level.
        df: Degrees of freedom of the regional shock; NaN for placebos.
        why: Why this method, in one sentence.
        parts: Every method that was asked, where several were.
    """

    p: float
    low: float
    high: float
    at_least: float
    at_most: float
    sd: float
    smallest_detectable: float
    draws: Floats
    level: float
    pool: Pool
    enumerated: bool
    method: str = "scattered"
    df: float = float("nan")
    why: str = ""
    parts: tuple["Inference", ...] = ()

    @property
    def scheme(self) -> str:
        """How the sets behind `draws` lie: that of the part they come from where several methods were asked."""
        return next((each.method for each in self.parts if each.draws is self.draws), self.method)

    def __repr__(self) -> str:
        drawn = f"{len(self.draws)} placebo assignments, {'all' if self.enumerated else 'drawn'}"
        how = f"{self.df:.1f} degrees of freedom" if self.method == "regional" else drawn
        return (
            f"Inference: p {shown_p(self.p)}, {self.level:.0%} interval {self.low:+.4g} to {self.high:+.4g}, smallest "
            f"detectable effect {self.smallest_detectable:.4g} ({self.method}: {how})"
        )


def shown_p(p: float) -> str:
    """Return a p-value with what it is to a number: "= 0.034", and never that it is 0."""
    return f"= {p:.3f}" if round(p, 3) > 0 else "< 0.001"


def detectable(
    draws: Floats, *, power: float = 0.8, level: float = 0.95, narrower: float = 1.0, others: float = 0.0
) -> float:
    """Return the smallest effect that the placebo test finds with some power.

    The test finds an effect when it lies beyond the placebos; an effect tau moves the estimate from where the
    placebos put it by tau. The larger of the two directions is returned. Where the treated set is large, placebo sets
    leave fewer units to compare with than it does, and the estimate varies less than they do: see `narrower`.

    Args:
        draws: Placebo effects [assignments, unit of the outcome].
        power: Probability of finding the effect.
        level: One minus the level of the two-sided test.
        narrower: Standard deviation of the estimate over that of the placebos.
        others: How large the estimate must be for other tests that must find the effect too.

    Returns:
        The effect [unit of the outcome], infinite where the placebos are too few for any p-value that small.

    Raises:
        BadDesign: The power or the level is not between 0 and 1.

    References:
        Bloom (1995), Evaluation Review 19(5), 547-556, with the quantiles of the placebo distribution in the place
        of those of the normal one.
    """
    if not (0 < power < 1 and 0 < level < 1):
        raise BadDesign(f"Power {power:g} and level {level:g} were asked for: both must lie between 0 and 1.")
    low, high = np.quantile(draws, [1 - power, power])
    return max(critical(draws, level=level), others) + float(narrower * max(-low, high))


def critical(draws: Floats, *, level: float = 0.95) -> float:
    """Return how large an estimate must be for the placebo test to reject.

    Args:
        draws: Placebo effects [assignments, unit of the outcome].
        level: One minus the level of the two-sided test.

    Returns:
        The estimate [unit of the outcome], infinite where the placebos are too few for any p-value that small.
    """
    beyond = needed(draws.size, level)
    return float(np.sort(np.abs(draws))[-beyond]) if beyond else float("inf")
