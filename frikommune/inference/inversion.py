"""From placebo effects to p-values and to the effects that the same test would not reject.

Under an effect tau a placebo assignment b shows P_b - tau c_b, where P_b is what it shows and c_b how much of a
constant effect of one it would show; the estimate less the effect is v - tau. All are on the scale of the treated set.
"""

import numpy as np

from frikommune.estimate import Floats

# Two placebo effects closer than this share of the effect are ties, whatever the rounding of the last digit.
_TIE = 1e-9


def p_value(value: float, placebos: Floats) -> float:
    """Return the share of assignments as extreme as the real one, itself counted: never 0.

    References:
        (1 + b) / (1 + m): Phipson & Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9(1), 39.
    """
    as_large = np.abs(placebos) >= abs(value) * (1 - _TIE)
    return float((1 + as_large.sum()) / (1 + placebos.size))


def needed(draws: int, level: float) -> int:
    """Return how many placebos must be as extreme for p to exceed 1 - level; 0 when p always does."""
    return int(np.floor((1 - level) * (1 + draws) + _TIE))


def interval(value: float, placebos: Floats, moved: Floats, level: float) -> tuple[float, float]:
    """Invert the two-sided test: the span of the effects tau with p(tau) above 1 - level.

    An assignment is as extreme as the real one when |P - tau c| >= |v - tau|. For |c| < 1 that holds between
    (v - P) / (1 - c) and (v + P) / (1 + c), for |c| > 1 outside of them; an assignment that is the real one, or its
    mirror, is as extreme whatever the effect.

    Args:
        value: The estimate, v [unit of the outcome].
        placebos: Placebo effects, P [assignments, unit of the outcome].
        moved: What each shows of a constant effect of one, c [assignments].
        level: Confidence level.

    Returns:
        The two ends, infinite where the test rejects nothing on that side.
    """
    beyond = needed(placebos.size, level)
    if beyond == 0:
        return -np.inf, np.inf
    ends = np.sort(np.stack([_ratio(value - placebos, 1 - moved), _ratio(value + placebos, 1 + moved)]), axis=0)
    ends[:, _same(value, placebos, moved) | _same(value, -placebos, -moved)] = [[-np.inf], [np.inf]]
    outside = np.abs(moved) > 1 + _TIE
    low = _first(ends[0], ends[1], outside, beyond)
    return low, -_first(-ends[1], -ends[0], outside, beyond)


def bounds(value: float, placebos: Floats, moved: Floats, level: float) -> tuple[float, float]:
    """Invert the two one-sided tests: see `interval`.

    Returns:
        The lower bound and the upper bound.
    """
    beyond = needed(placebos.size, level)
    if beyond == 0:
        return -np.inf, np.inf
    return _at_least(value, placebos, moved, beyond), -_at_least(-value, -placebos, moved, beyond)


def _at_least(value: float, placebos: Floats, moved: Floats, beyond: int) -> float:
    """Return the smallest tau under which enough assignments show P - tau c >= v - tau."""
    turning = _ratio(value - placebos, 1 - moved)
    turning[_same(value, placebos, moved)] = -np.inf
    from_below = moved > 1 + _TIE  # as extreme up to the turning point, not from it on
    start = np.where(from_below, -np.inf, turning)
    return _first(start, np.where(from_below, turning, np.inf), np.zeros(turning.size, dtype=bool), beyond)


def _first(lows: Floats, highs: Floats, outside: np.ndarray, beyond: int) -> float:
    """Return the first tau, from below, that lies in enough of the spans; outside of them where that is asked for."""
    begins = np.concatenate([lows[~outside], highs[outside]])
    ends = np.concatenate([highs[~outside], lows[outside]])
    at = np.concatenate([begins, ends])
    step = np.repeat([1, -1], [begins.size, ends.size])
    order = np.lexsort((-step, at))  # a span holds both its ends
    inside = outside.sum() + np.cumsum(step[order])
    if outside.sum() >= beyond:
        return -np.inf
    return float(at[order][np.argmax(inside >= beyond)])


def _same(value: float, placebos: Floats, moved: Floats) -> np.ndarray:
    return (np.abs(1 - moved) < _TIE) & np.isclose(placebos, value)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide, with a signed infinity where the denominator is nothing: that bound is never reached."""
    nothing = np.abs(below) < _TIE
    return np.where(nothing, np.copysign(np.inf, above), above / np.where(nothing, 1.0, below))
