"""The confidence set for an effect when later deviations from parallel may be a multiple of earlier ones.

The test is that of Andrews, Roth & Pakes for moment inequalities with nuisance parameters, as Rambachan & Roth use it:
conditional on which moment binds, with a least-favourable first stage (their "C-LF hybrid"). In general each value of
the effect takes a linear programme and a search for where its solution changes. Here the vertices of the dual
programme can be written down, because the post-period moments bound one change each and the effect is a sum of
changes: the sum of changes from above, the same from below, and for each period the sum of its two bounds. All values
of the effect are then tested at once.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

from frikommune.checks.moments import Moments
from frikommune.compare.contrasts import Bools
from frikommune.estimate import Floats

_SHARE = 0.1  # of the error probability that the first stage may use: kappa = alpha / 10, as theirs
_TIE = 1e-10
_NODES = 801
_TAIL = 8.5


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One earlier change that bounds the later ones, with its sign, and the vertices of its test.

    Attributes:
        at_zero: What each vertex says of an effect of zero [vertices].
        slope: How that changes with the effect [vertices].
        spread: Covariance of the vertices [vertices x vertices].
        first: Critical value of the first stage.
    """

    at_zero: Floats
    slope: Floats
    spread: Floats
    first: float


def cases(moments: Moments, allowed: float, level: float) -> list[Case]:
    """Return the cases whose sets make up the confidence set.

    Args:
        moments: The path.
        allowed: How many times the largest earlier change a later one may be.
        level: Confidence level.
    """
    earlier, _ = moments.changes
    if allowed == 0:
        return [_case(moments, earlier[0], allowed, level)]
    return [_case(moments, sign * each, allowed, level) for each in earlier for sign in (1.0, -1.0)]


def accepted(effects: Floats, tested: list[Case], level: float) -> Bools:
    """Tell which effects at least one case does not reject [effects]."""
    return np.any([~_rejected(effects, case, level) for case in tested], axis=0)


def _case(moments: Moments, bound: Floats, allowed: float, level: float) -> Case:
    spread, ahead, later = moments.spread, moments.ahead, moments.changes[1]
    above = np.sqrt(np.diag((later - allowed * bound) @ spread @ (later - allowed * bound).T))
    below = np.sqrt(np.diag((-later - allowed * bound) @ spread @ (-later - allowed * bound).T))
    size, effect = np.abs(ahead), ahead @ later
    up = float(size @ np.where(ahead > 0, above, below))
    down = float(size @ np.where(ahead > 0, below, above))
    slack = allowed * size.sum() * bound
    vertices = np.vstack([(effect - slack) / up, (-effect - slack) / down])
    pairs = above + below
    if allowed > 0:
        vertices = np.vstack([vertices, -2 * allowed * bound / pairs[:, None]])
    slope = np.zeros(len(vertices))
    slope[:2] = -1 / up, 1 / down
    both = np.stack([effect, bound])
    reach = (allowed * size.sum(), allowed / pairs.min())
    first = _first_stage(both @ spread @ both.T, (up, down), reach, _SHARE * (1 - level))
    return Case(vertices @ moments.values, slope, vertices @ spread @ vertices.T, first)


def _first_stage(spread: Floats, scale: tuple[float, float], reach: tuple[float, float], alarm: float) -> float:
    """Return what the largest vertex passes with a given probability where every moment binds.

    Only the effect and the bounding change are random, so that the probability is a sum over one of them.
    """
    bound_sd = float(np.sqrt(spread[1, 1]))
    slope = spread[0, 1] / bound_sd
    rest = float(np.sqrt(max(spread[0, 0] - slope**2, 1e-14 * spread[0, 0])))

    def missing(critical: float) -> float:
        lowest = -_TAIL if reach[1] == 0 else max(-_TAIL, -critical / (2 * reach[1] * bound_sd))
        z = np.linspace(lowest, _TAIL, _NODES)
        slack = reach[0] * bound_sd * z
        high = (critical * scale[0] + slack - slope * z) / rest
        low = (-critical * scale[1] - slack - slope * z) / rest
        inside = np.clip(ndtr(high) - ndtr(low), 0, None) * np.exp(-0.5 * z**2)
        return 1 - alarm - float(np.trapezoid(inside, z)) / np.sqrt(2 * np.pi)

    return float(brentq(missing, 0.0, _TAIL, xtol=1e-7))


def _rejected(effects: Floats, case: Case, level: float) -> Bools:
    """Tell which effects the test rejects [effects]: the conditional test after its least-favourable first stage."""
    y = case.at_zero[:, None] + case.slope[:, None] * effects
    binding = y.argmax(axis=0)
    largest = y[binding, np.arange(effects.size)]
    variance = np.diag(case.spread)[binding]
    share = case.spread[:, binding] / variance
    rest = y - share * largest
    with np.errstate(divide="ignore", invalid="ignore"):
        turning = rest / (1 - share)
    low = np.where(share < 1 - _TIE, turning, -np.inf).max(axis=0)
    high = np.where(share > 1 + _TIE, turning, np.inf).min(axis=0)
    alarm = 1 - level
    left = (alarm - _SHARE * alarm) / (1 - _SHARE * alarm)
    sd = np.sqrt(variance)
    p = _beyond(largest / sd, low / sd, np.minimum(high, case.first) / sd)
    return (largest > case.first) | ((largest > 0) & (p < left))


def _beyond(z: Floats, low: Floats, high: Floats) -> Floats:
    """Return how likely a standard normal between two ends is to pass z, far out in its tail too."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        tail = log_ndtr(-z)
        above, whole = -np.expm1(log_ndtr(-high) - tail), -np.expm1(log_ndtr(-high) - log_ndtr(-low))
        return np.exp(tail - log_ndtr(-low)) * above / whole
