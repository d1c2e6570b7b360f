"""The shortest interval of fixed length for an effect when the deviation from parallel may bend only so much."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import lsq_linear, minimize_scalar
from scipy.special import ndtr, ndtri

from frikommune.checks.moments import Moments
from frikommune.estimate import Floats

_STEPS, _CLOSE = 50, 1e-12  # of Newton's method
_RANGE = 25.0  # logarithms of the price: from bends that count for nothing to none at all


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
        Rambachan & Roth (2023), on fixed-length intervals; Armstrong & Kolesar (2020), Quantitative Economics 11(1).
    """
    weights = _weights(moments)
    bent = _shortest(weights, allowed, level)
    centre, reach = float(weights.of(bent) @ moments.values), weights.half(bent, allowed, level)
    return centre - reach, centre + reach


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """What each point counts in an affine estimate, by how much each free bend does.

    Attributes:
        known: What each counts when no free bend does [points].
        free: What each counts for each free bend [points x bends].
        spread: Covariance of the points [points x points].
        fixed: Size of what the other bends count.
    """

    known: Floats
    free: Floats
    spread: Floats
    fixed: float

    def of(self, bent: Floats) -> Floats:
        return self.known + self.free @ bent

    def half(self, bent: Floats, allowed: float, level: float) -> float:
        """Return the half-length of the interval."""
        each = self.of(bent)
        sd = float(np.sqrt(each @ self.spread @ each))
        return sd * critical(allowed * (self.fixed + float(np.abs(bent).sum())) / sd, level)


def _weights(moments: Moments) -> _Weights:
    distance, at = np.arange(moments.before, 0, -1), np.arange(moments.before)
    counts = np.clip(distance[None, :] - at[:, None], 0, None).astype(float)  # of each point in each bend
    points = np.linalg.inv(counts)
    fixed = later_bends(moments.target)
    return _Weights(
        known=np.concatenate([points[:, 0] * fixed[0], moments.target]),
        free=np.vstack([points[:, 1:], np.zeros((moments.target.size, moments.before - 1))]),
        spread=moments.spread,
        fixed=float(np.abs(fixed).sum()),
    )


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


def _shortest(weights: _Weights, allowed: float, level: float) -> Floats:
    """Return the free bends of the shortest interval.

    It has the smallest variance for the size of its bends: for some price of size, bends minimise half the variance
    plus the price times their size. The dual of that is least squares within a box, which an active set solves exactly;
    along the prices the half-length falls and then rises.
    """
    across = weights.free.T @ weights.spread
    slope = across @ weights.known
    if slope.size == 0:
        return slope
    root = np.linalg.cholesky(across @ weights.free)
    inverse = solve_triangular(root, np.eye(slope.size), lower=True)

    def bends(price: float) -> Floats:
        inside = lsq_linear(inverse, -inverse @ slope, (-price, price), method="bvls", tol=1e-14).x
        return -inverse.T @ (inverse @ (slope + inside))

    if allowed == 0 or not slope.any():
        return -inverse.T @ (inverse @ slope)
    most = float(np.log(np.abs(slope).max()))
    found = minimize_scalar(
        lambda price: weights.half(bends(np.exp(price)), allowed, level),
        bounds=(most - _RANGE, most),
        method="bounded",
        options={"xatol": 1e-5},
    )
    ends = [bends(np.exp(found.x)), np.zeros(slope.size)]
    return min(ends, key=lambda bent: weights.half(bent, allowed, level))
