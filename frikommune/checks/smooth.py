"""The shortest interval of fixed length for an effect when the deviation from parallel may bend only so much."""

from dataclasses import dataclass

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
        Rambachan & Roth (2023), on fixed-length intervals; Armstrong & Kolesar (2020), Quantitative Economics 11(1).
    """
    weights = _weights(moments)
    bent = _shortest(weights, allowed, level)
    centre, reach = float(weights.of(bent) @ moments.values), weights.half(bent, allowed, level)[0]
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

    def least_varying(self) -> Floats:
        """Return the free bends of the smallest variance."""
        across = self.free.T @ self.spread
        least: Floats = np.linalg.pinv(across @ self.free) @ across @ self.known
        return -least

    def half(self, bent: Floats, allowed: float, level: float) -> tuple[float, float, Floats]:
        """Return the half-length, and its slopes in the size of the free bends and in these by way of the variance."""
        each = self.of(bent)
        moved = self.spread @ each
        sd = float(np.sqrt(each @ moved))
        t = allowed * (self.fixed + float(np.abs(bent).sum())) / sd
        reach = critical(t, level)
        steep = float(np.tanh(reach * t))  # how the quantile of |N(t, 1)| grows with t
        return sd * reach, allowed * steep, (reach - t * steep) * (self.free.T @ moved) / sd


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

    The half-length is convex with a kink where a bend is zero; split in positive and negative parts it is smooth.
    """
    varied = weights.least_varying()
    size = varied.size
    if size == 0 or allowed == 0:
        return varied
    scale = 1 / np.sqrt(np.diag(weights.free.T @ weights.spread @ weights.free))
    scale, unit = np.tile(scale, 2), weights.half(varied, allowed, level)[0]

    def split(parts: Floats) -> tuple[float, Floats]:
        value, kink, slope = weights.half(_joined(parts * scale), allowed, level)
        return value / unit, np.concatenate([kink + slope, kink - slope]) * scale / unit

    starts = [np.zeros(2 * size), np.concatenate([varied, -varied]).clip(0) / scale]
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
    found = [
        minimize(split, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * (2 * size), options=options)
        for start in starts
    ]
    return _joined(min(found, key=lambda each: each.fun).x * scale)


def _joined(parts: Floats) -> Floats:
    """Return positive less negative parts."""
    return parts[: parts.size // 2] - parts[parts.size // 2 :]
