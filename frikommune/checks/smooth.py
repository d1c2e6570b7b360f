"""The shortest interval of fixed length for an effect when the deviation from parallel may bend only so much."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

from frikommune.checks.moments import Moments
from frikommune.estimate import Floats

_STEPS, _CLOSE = 50, 1e-12  # of Newton's method


def smooth_interval(moments: Moments, allowed: float, level: float) -> tuple[float, float]:
    """Return the shortest interval of fixed length around an affine estimate.

    The estimate is the effect plus a weighted sum of the points before. A straight line must drop out of it, and each
    bend e counts in its bias by some c: those after the base are given by the target, that at the base is too, and
    those before it are free. So the worst bias is the allowed bend times the sum of all |c|, and the variance a
    quadratic in the free ones; the half-length grows with both and is convex.

    Args:
        moments: The path.
        allowed: The bend allowed from one period to the next [unit a period squared].
        level: Confidence level.

    References:
        Rambachan & Roth (2023), section 4.1; Armstrong & Kolesar (2020), section 3.
    """
    fixed = later_bends(moments.target)
    distance, at = np.arange(moments.before, 0, -1), np.arange(moments.before)
    counts = np.clip(distance[None, :] - at[:, None], 0, None).astype(float)  # of each point before in each bend
    points = np.linalg.inv(counts)

    def weights(bent: Floats) -> Floats:
        return np.concatenate([points[:, 0] * fixed[0] + points[:, 1:] @ bent, moments.target])

    def half(bent: Floats) -> float:
        each = weights(bent)
        sd = float(np.sqrt(each @ moments.spread @ each))
        return sd * critical(allowed * float(np.abs(fixed).sum() + np.abs(bent).sum()) / sd, level)

    best = _least(half, moments.before - 1, float(np.abs(fixed).max()))
    centre, reach = float(weights(best) @ moments.values), half(best)
    return centre - reach, centre + reach


def later_bends(target: Floats) -> Floats:
    """Return what the bend at the base, and at each point after it but the last, counts in an effect [points after]."""
    return np.array([target[at:] @ np.arange(1, target.size - at + 1) for at in range(target.size)])


def critical(bias: float, level: float) -> float:
    """Return the quantile of |N(bias, 1)|: how far an estimate with that bias, in standard errors, may lie off."""
    reach = bias + float(ndtri(0.5 + level / 2))  # beyond the quantile, where the probability is concave
    for _ in range(_STEPS):
        inside = float(ndtr(reach - bias) - ndtr(-reach - bias))
        density = (np.exp(-0.5 * (reach - bias) ** 2) + np.exp(-0.5 * (reach + bias) ** 2)) / np.sqrt(2 * np.pi)
        step = (inside - level) / float(density)
        reach -= step
        if abs(step) < _CLOSE:
            break
    return reach


def _least(half: Callable[[Floats], float], size: int, scale: float) -> Floats:
    """Return where a convex function with a kink at zero in each direction is least.

    Split in positive and negative parts it is smooth.
    """
    if size == 0:
        return np.zeros(0)
    unit = half(np.zeros(size))

    def split(parts: Floats) -> float:
        return half(scale * (parts[:size] - parts[size:])) / unit

    starts = [np.full(2 * size, 0.0), np.full(2 * size, 0.5)]
    found = [
        minimize(split, start, method="SLSQP", bounds=[(0, None)] * (2 * size), options={"maxiter": 500, "ftol": 1e-12})
        for start in starts
    ]
    best = min(found, key=lambda each: each.fun).x
    return scale * (best[:size] - best[size:])
