"""How sure an estimate is, by re-assignment: the same design replayed on units that were not treated.

The unit of inference is the municipality (or whatever the panel's units are), never a person.
"""

from dataclasses import dataclass
from itertools import combinations, permutations
from math import comb, factorial, prod
from typing import Literal

import numpy as np
from scipy.stats import norm

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.panel import Panel

# Two placebo effects closer than this share of the effect are ties, whatever the rounding of the last digit.
_TIE = 1e-9

_ORDERS = 500_000  # orders of the starts to go through, at most
_FEWEST = 19  # draws: with fewer no p-value reaches 5 %

# An effect this many standard errors large is found with 80 % power by a two-sided test at 5 %.
DETECTABLE = float(norm.ppf(0.975) + norm.ppf(0.8))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Inference:
    """How an estimate stands among its placebos.

    Attributes:
        p: Share of assignments with an effect at least as large in absolute value, the real one counted; never 0.
        low: Lower end of the interval [unit of the outcome]; minus infinity where the draws are too few for one.
        high: Upper end of the interval.
        at_least: One-sided lower bound [unit of the outcome].
        at_most: One-sided upper bound [unit of the outcome].
        sd: Standard deviation of the placebo effects [unit of the outcome].
        smallest_detectable: Effect found with 80 % power by a two-sided test at 5 %: 2.8 placebo standard deviations.
        draws: The placebo effects [assignments, unit of the outcome].
        level: Confidence level of the interval and, one-sided, of the bounds.
        pool: What the placebos were drawn from: "comparisons" or "all".
        enumerated: Whether every possible assignment was tried.
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
    pool: Literal["comparisons", "all"]
    enumerated: bool

    def __repr__(self) -> str:
        how = "all" if self.enumerated else "drawn"
        return (
            f"Inference: p = {self.p:.3f}, {self.level:.0%} interval {self.low:+.4g} to {self.high:+.4g}, smallest "
            f"detectable effect {self.smallest_detectable:.4g} ({len(self.draws)} placebo assignments, {how})"
        )


def placebo(
    estimate: Estimate,
    draws: int = 9999,
    seed: int = 1,
    *,
    pool: Literal["comparisons", "all"] = "comparisons",
    level: float = 0.95,
) -> Inference:
    """Compare an effect with those of placebo assignments.

    Sets of units as large as the treated set are given the treated units' starts, and the design is called again.
    When there are no more assignments than draws, each is tried once. The interval holds every constant effect
    that the same test would not reject; so do the one-sided bounds.

    Right when the treated units could as well have been any others of the pool. Units that lie together and share
    regional shocks are not exchangeable with scattered ones: the p-value is then too small.

    Args:
        estimate: The effect.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        pool: "comparisons" draws from the never-treated units; "all" from all of them, which is exact under the
            hypothesis of no effect and the same size of set.
        level: Confidence level.

    Returns:
        p-value, interval, bounds, and the smallest detectable effect.

    Raises:
        BadDesign: Fewer than two placebo assignments are asked for or possible, or the seed or level is out of range.
        UnknownName: There is no such pool.

    References:
        Fisher (1935), chapter 2; Conley & Taber (2011), Review of Economics and Statistics 93(1), 113-125;
        (1 + b) / (1 + m): Phipson & Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9(1),
        article 39; the smallest detectable effect: Bloom (1995), Evaluation Review 19(5), 547-556.
    """
    _check_options(draws=draws, seed=seed, pool=pool, level=level)
    panel, starts = _pool(estimate, pool)
    units, drawn_starts, enumerated = _assignments(panel, starts, draws=draws, seed=seed)
    placebos = estimate.design.replay(panel, units, drawn_starts)
    overlap = _overlap(estimate, panel, units, drawn_starts) if pool == "all" else np.zeros(placebos.size)
    low, high = _interval(estimate.value, placebos, overlap, level)
    at_least, at_most = _bounds(estimate.value, placebos, overlap, level)
    sd = float(placebos.std(ddof=1))
    return Inference(
        p=_p_value(estimate.value, placebos),
        low=low,
        high=high,
        at_least=at_least,
        at_most=at_most,
        sd=sd,
        smallest_detectable=DETECTABLE * sd,
        draws=placebos,
        level=level,
        pool=pool,
        enumerated=enumerated,
    )


def draw_sets(count: int, size: int, *, draws: int, seed: int) -> Ints:
    """Draw sets of units without replacement, every set and order equally likely [draws x size].

    Args:
        count: Units to draw from.
        size: Units in a set.
        draws: Sets to draw.
        seed: Seed of the draws.
    """
    return np.argsort(np.random.default_rng(seed).random((draws, count)), axis=1)[:, :size]


def _p_value(value: float, placebos: Floats) -> float:
    as_large = np.abs(placebos) >= abs(value) * (1 - _TIE)
    return float((1 + as_large.sum()) / (1 + placebos.size))


def _check_options(*, draws: int, seed: int, pool: str, level: float) -> None:
    if pool not in ("comparisons", "all"):
        raise UnknownName.among("pool", pool, ("comparisons", "all"))
    if draws < _FEWEST or seed < 0 or not 0 < level < 1:
        raise BadDesign(
            f"Placebo inference was asked for with {draws} draws, seed {seed} and level {level:g}: at least {_FEWEST} "
            "draws, a seed of zero or more and a level between 0 and 1 were expected."
        )


def _pool(estimate: Estimate, pool: str) -> tuple[Panel, Ints]:
    """Return the panel that placebos are drawn from, without incomplete units, and the treated units' starts."""
    panel, starts = estimate.panel, estimate.panel.start[estimate.panel.treated]
    usable = estimate.design.complete(panel, starts) & (~panel.treated | (pool == "all"))
    return panel.take(usable), starts


def _assignments(panel: Panel, starts: Ints, *, draws: int, seed: int) -> tuple[Ints, Ints, bool]:
    """Return the units of each assignment [assignments x treated], their starts, and whether they are all there are."""
    count, size = len(panel.units), starts.size
    if count <= size:
        raise BadDesign(f"{count} units are there to draw placebo sets of {size} from: more are needed.")
    orders = _orders(starts, at_most=draws // comb(count, size))
    enumerated = orders is not None
    if orders is not None:
        sets = np.array(list(combinations(range(count), size)))
        units, when = np.repeat(sets, len(orders), axis=0), np.tile(orders, (len(sets), 1))
    else:
        units = draw_sets(count, size, draws=draws, seed=seed)
        when = np.broadcast_to(starts, units.shape)
    other = (panel.start[units] != when).any(axis=1)  # the assignment that happened is counted once, by the p-value
    if other.sum() <= 1:
        raise BadDesign(f"Only {other.sum()} placebo assignments are possible: no inference can be made from them.")
    return units[other], when[other], enumerated


def _orders(starts: Ints, *, at_most: int) -> Ints | None:
    """Return the distinct orders in which the starts can be given to a set of units; none where they are too many."""
    if at_most and len(set(starts.tolist())) == 1:
        return starts[None, :]
    repeats = np.unique(starts, return_counts=True)[1]
    if factorial(starts.size) // prod(factorial(int(each)) for each in repeats) > at_most:
        return None
    if factorial(starts.size) > _ORDERS:
        return None
    return np.array(sorted(set(permutations(starts.tolist()))))


def _overlap(estimate: Estimate, panel: Panel, units: Ints, starts: Ints) -> Floats:
    """Return how much of a constant effect of one each placebo assignment would show [assignments].

    Under an effect tau the treated units' outcomes hold tau after their start, so a placebo set that contains some
    of them, or compares with them, moves with it.
    """
    happened = (np.arange(len(panel.periods)) >= panel.start[:, None]).astype(float)
    return estimate.design.replay(panel.holding(happened), units, starts)


def _interval(value: float, placebos: Floats, overlap: Floats, level: float) -> tuple[float, float]:
    """Invert the two-sided test: the effects tau with p(tau) above 1 - level.

    An assignment b is at least as extreme as the real one under tau when |P_b - tau c_b| >= |value - tau|: for
    |c_b| < 1 that holds between (value - P_b) / (1 - c_b) and (value + P_b) / (1 + c_b). An assignment that is the
    real one, or its mirror, is as extreme whatever the effect.
    """
    ends = np.sort(np.stack([_ratio(value - placebos, 1 - overlap), _ratio(value + placebos, 1 + overlap)]), axis=0)
    tied = ((np.abs(1 - overlap) < _TIE) & np.isclose(placebos, value)) | (
        (np.abs(1 + overlap) < _TIE) & np.isclose(placebos, -value)
    )
    ends[:, tied] = [[-np.inf], [np.inf]]
    needed = _needed(placebos.size, level)
    if needed == 0:
        return -np.inf, np.inf
    lows, highs = np.sort(ends[0]), np.sort(ends[1])[::-1]
    return float(lows[needed - 1]), float(highs[needed - 1])


def _bounds(value: float, placebos: Floats, overlap: Floats, level: float) -> tuple[float, float]:
    """Invert the two one-sided tests: (value - P_b) / (1 - c_b) is where assignment b becomes as extreme."""
    turning = np.sort(_ratio(value - placebos, 1 - overlap))
    needed = _needed(placebos.size, level)
    if needed == 0:
        return -np.inf, np.inf
    return float(turning[needed - 1]), float(turning[-needed])


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide, with a signed infinity where the denominator is nothing: that bound is never reached."""
    nothing = np.abs(below) < _TIE
    return np.where(nothing, np.copysign(np.inf, above), above / np.where(nothing, 1.0, below))


def _needed(draws: int, level: float) -> int:
    """Return how many placebos must be as extreme for p to exceed 1 - level; 0 when p always does."""
    return int(np.floor((1 - level) * (1 + draws) + _TIE))
