"""How much units vary when nothing happens: by their size, and together with the rest of their province.

The model of unit g's effect where nothing happened is z_g = mu + R_p(g) + u_g with var(u_g) = a + b q_g: a is what no
number of persons averages out, q_g the inverse of the persons behind g (or the sampling variance of its contrast, where
the variance inside the cells is known), and var(R) = c what the units of a province share.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.panel import Panel

FEWEST_UNITS = 4  # two variances and a mean

# Ratios b q / a at the middle unit, and c / a, that are tried.
_PASSES, _FINER = 3, 9
_SIZES = np.concatenate([[0.0], np.geomspace(0.02, 50, 15)])
_SHARED = np.concatenate([-np.geomspace(3, 0.005, 22), [0.0], np.geomspace(0.01, 30, 24)])
_ROOM = 1e-6  # of the variance of a province's mean, at least: a ratio below zero may not take all of it


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Spread:
    """Variance components of units' effects where nothing happened.

    Attributes:
        own: Variance of the part that a unit of no imprecision has for itself, a [squared unit of the outcome].
        size: How fast it grows with the imprecision of a unit: it is a (1 + size q).
        shared: Variance of the part that the units of a province share, c [squared unit of the outcome]; below zero
            where provinces' means differ less than their units alone would make them.
    """

    own: float
    size: float
    shared: float

    def relative(self, q: Floats) -> Floats:
        """Return units' own variance over that of a unit of no imprecision [units]."""
        return 1 + self.size * q


def alone(estimate: Estimate, panel: Panel, starts: Ints) -> Floats:
    """Replay the design with each unit treated alone, at the mix of the treated units' starts [units].

    Args:
        estimate: The effect whose design is replayed.
        panel: Comparison units only.
        starts: Starts of the treated units [treated].
    """
    each = np.arange(len(panel.units))[:, None]
    distinct, share = np.unique(starts, return_counts=True)
    effects = [estimate.design.replay(panel, each, np.array([start])) for start in distinct]
    return np.average(effects, axis=0, weights=share)


@lru_cache(maxsize=16)
def imprecision(estimate: Estimate) -> Floats:
    """Return what makes the small units of an estimate's panel vary more: q of the model [units].

    Kept for the last estimates, since every method asks for it; not to be written to.

    The sampling variance of the unit's contrast where the variance inside every cell is known, otherwise one over its
    mean number of persons; nothing where those are not known. How much of it there is (b) is estimated either way:
    the same persons may stand in several periods, so that the sum over periods is right in proportion only.

    Args:
        estimate: The effect; its weights say which cells count.

    References:
        Ferman & Pinto (2019), Review of Economics and Statistics 101(3), 452-467, section 3.
    """
    counted = (estimate.weights != 0).any(axis=0)
    contrast = np.abs(estimate.weights[estimate.panel.treated]).mean(axis=0)[counted]
    n, var = estimate.panel.n[:, counted], estimate.panel.var[:, counted]
    with np.errstate(divide="ignore", invalid="ignore"):
        candidates: tuple[Floats, Floats] = (_mean_known(var / n * contrast**2), 1 / _mean_known(n))
    for each in candidates:
        if np.isfinite(each).all() and (each > 0).all():
            return each / float(np.median(each))
    return np.zeros(len(estimate.panel.units))


def masses(estimate: Estimate) -> Floats:
    """Return what the units of an estimate's panel count for in a treated set: their mean number of persons, or one."""
    if estimate.design.weights == "units":
        return np.ones(len(estimate.panel.units))
    counted = (estimate.weights != 0).any(axis=0)
    return _mean_known(estimate.panel.n[:, counted])


def net(estimate: Estimate) -> Floats:
    """Return what each unit's change counts for: above zero for the treated, below for comparisons [units]."""
    above, below = (np.maximum(sign * estimate.weights, 0).sum(axis=1) for sign in (1, -1))
    counted = np.maximum(above, below)  # synthetic designs weigh units after the start only
    return np.where(estimate.panel.treated, counted, -counted)


def narrower(estimate: Estimate) -> float:
    """Return the standard deviation of an estimate over that of placebos drawn from its comparison units.

    A placebo set leaves its own units out of those it is compared with: with 40 treated of 98 it has 18 to compare
    with where the treated have 58.

    Args:
        estimate: The effect.
    """
    square, treated = net(estimate) ** 2, estimate.panel.treated
    count, own, against = int((~treated).sum()), float(square[treated].sum()), float(square[~treated].sum())
    left = count - int(treated.sum())
    return float(np.sqrt((own + against) / (own + against * count / left))) if left > 0 else 0.0


def spread(effects: Floats, q: Floats, groups: Ints) -> Spread:
    """Fit the components by restricted maximum likelihood, over ever finer grids of their ratios.

    The shared component may come out below zero. Cut off there it would be too large on average wherever little is
    shared, and tests too careful: of eleven treated, with nothing shared, 1 % raised a false alarm at a nominal 5 %.

    Args:
        effects: Each unit's effect where nothing happened [units].
        q: What makes small units vary more [units].
        groups: The province of each unit [units]; all different where provinces are not known.

    Returns:
        The components.

    Raises:
        BadDesign: There are fewer than four units, or they do not vary.

    References:
        Patterson & Thompson (1971), Biometrika 58(3), 545-554; negative components: Nelder (1954), Biometrika 41(3/4),
        544-548; that tests keep their level only by them: Murray, Hannan & Baker (1996), Evaluation Review 20(3),
        313-337, and Nielsen, Smink & Fox (2021), Behaviormetrika 48(1), 51-77.
    """
    if effects.size < FEWEST_UNITS or np.ptp(effects) == 0:
        raise BadDesign(f"{effects.size} comparison units that vary are there: at least four were expected.")
    sizes = _SIZES if q.any() else _SIZES[:1]
    shared = _SHARED if 1 < np.unique(groups).size < groups.size else np.zeros(1)
    member = (groups[:, None] == np.unique(groups)).astype(float)
    for _ in range(_PASSES):
        fits, owns = _restricted(effects, 1 + sizes[:, None] * q, member, shared)
        best, part = np.unravel_index(fits.argmax(), fits.shape)
        own = float(owns[best, part])
        found = Spread(own, float(sizes[best]), own * float(shared[part]))
        sizes, shared = _around(sizes, int(best)), _around(shared, int(part))
    return found


def uncertainty(found: Spread, q: Floats, groups: Ints) -> Floats:
    """Return the sampling covariance of the components a (with its size held) and c [2 x 2].

    Args:
        found: The components.
        q: What makes small units vary more [units].
        groups: The province of each unit [units].

    References:
        Giesbrecht & Burns (1985), Biometrics 41(2), 477-486: the inverse of the expected restricted information.
    """
    relative, member = found.relative(q), (groups[:, None] == np.unique(groups)).astype(float)
    inverse = np.linalg.inv(np.diag(found.own * relative) + found.shared * (groups[:, None] == groups))
    ones = inverse.sum(axis=1)
    free = inverse - np.outer(ones, ones) / ones.sum()
    by_group = free @ member  # what units share of a province's shock, through which all products of two parts go
    own = float((free**2 * np.outer(relative, relative)).sum())
    both, shared = float((by_group**2 * relative[:, None]).sum()), float(((member.T @ by_group) ** 2).sum())
    information = np.array([[own, both], [both, shared]]) / 2
    return np.asarray(np.linalg.pinv(information), dtype=np.float64)


def _mean_known(values: Floats) -> Floats:
    """Return each row's mean over its finite values; NaN where there is none [rows]."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _around(grid: Floats, at: int) -> Floats:
    """Return a finer grid between the neighbours of its best point."""
    if grid.size == 1:
        return grid
    return np.unique(np.append(np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)], _FINER), grid[at]))


def _restricted(effects: Floats, relative: Floats, member: Floats, shared: Floats) -> tuple[Floats, Floats]:
    """Return the restricted log-likelihood, and the a that maximises it [sizes x ratios c / a].

    Args:
        effects: Each unit's effect [units].
        relative: Units' own variances over a, for each size that is tried [sizes x units].
        member: Who lies in which province [units x provinces].
        shared: Ratios c / a that are tried [ratios].
    """
    mass, first = ((each / relative) @ member for each in (np.ones(effects.size), effects))
    room = 1 + shared[:, None] * mass[:, None, :]
    least: Floats = room.min(axis=2)
    possible = least > _ROOM
    room = np.where(possible[:, :, None], room, 1.0)
    drawn = shared[:, None] / room
    ones = mass.sum(axis=1)[:, None] - (drawn @ (mass**2)[:, :, None])[:, :, 0]
    mean = (first.sum(axis=1)[:, None] - (drawn @ (mass * first)[:, :, None])[:, :, 0]) / ones
    square = (effects**2 / relative).sum(axis=1)[:, None]
    rest = square - (drawn @ (first**2)[:, :, None])[:, :, 0] - ones * mean**2
    free = effects.size - 1
    own = np.where(possible, rest / free, 1.0)
    volume = np.log(relative).sum(axis=1)[:, None] + np.log(room).sum(axis=2)
    return np.where(possible, -(free * np.log(own) + volume + np.log(ones)) / 2, -np.inf), own
