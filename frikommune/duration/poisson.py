"""Poisson likelihood of a risk table with effects of unit, entry period and week: a Cox model in grouped time."""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import cho_factor, cho_solve

from frikommune.errors import BadDesign
from frikommune.estimate import Floats

_ROUNDS = 60
_CLOSE = 1e-12
_HALVINGS = 30
_SINGULAR = 1e-6  # of the part of an effect that the others leave
_UNTOLD = (
    "The hazard ratio cannot be told from the effects of units, entry periods and weeks: there are too few exits among "
    "the treated before or after the start, or in some unit or period."
)
_STEPS = 5  # of a replay: it begins at the fit without a treatment, and converges quadratically


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Fit:
    """A fitted model: exits ~ Poisson(at risk x exp(unit + period + week + ratio x treated)).

    Attributes:
        ratio: Logarithm of the hazard ratio; 0 where no treatment was fitted.
        information: Its efficient information, the others taken out; 0 without a treatment.
        unit: Effects of the units [units]; minus infinity where nobody left.
        period: Effects of the entry periods [periods].
        week: Effects of the weeks [weeks].
        influence: What a relative change in a cell's exits counts for in `ratio` [units x periods].
    """

    ratio: float
    information: float
    unit: Floats
    period: Floats
    week: Floats
    influence: Floats


def fit(exits: Floats, at_risk: Floats, treated: Floats | None = None) -> Fit:
    """Maximise the likelihood by Newton's method, from the sums of fitted exits over each pair of dimensions.

    With an effect for every week it equals the Cox model with Breslow's handling of ties, and the piecewise
    exponential model with pieces of a week.

    Args:
        exits: Spells that leave [units x periods x weeks].
        at_risk: Spells at risk [units x periods x weeks].
        treated: Which cells are treated [units x periods]; none for the model without a treatment.

    Raises:
        BadDesign: Nobody leaves, or the ratio cannot be told from the other effects.

    References:
        Holford, T. R. (1980). The analysis of rates and of survivorship using log-linear models. Biometrics 36,
        299-305; Laird, N. & Olivier, D. (1981). Covariance analysis of censored survival data using log-linear analysis
        techniques. Journal of the American Statistical Association 76, 231-240: piecewise exponential is Poisson.
    """
    sizes = exits.shape
    kept = [exits.sum(axis=others) > 0 for others in ((1, 2), (0, 2), (0, 1))]
    if not all(each.any() for each in kept):
        raise BadDesign("Nobody leaves in the window: no hazard can be estimated.")
    at = np.ix_(*kept)
    d, n = exits[at], at_risk[at]
    mark = np.zeros(d.shape[:2]) if treated is None else treated[np.ix_(*kept[:2])]
    free = treated is not None
    effects, ratio, mu = _newton(d, n, mark, free=free)
    information, influence = _efficient(mu, mark) if free else (0.0, np.zeros(d.shape[:2]))
    whole = np.zeros(sizes[:2])
    whole[np.ix_(*kept[:2])] = influence
    found = (np.full(size, -np.inf) for size in sizes)
    unit, period, week = (_put(each, where, values) for each, where, values in zip(found, kept, effects, strict=True))
    return Fit(ratio, information, unit, period, week, whole)


def replays(exits: Floats, expected: Floats, marks: Floats) -> Floats:
    """Fit the ratio under many treatments at once, the effects of the weeks held.

    Args:
        exits: Spells that leave, over all weeks [units x periods].
        expected: Those expected from the spells at risk and the effects of the weeks [units x periods].
        marks: Which cells each of them treats [treatments x units x periods].

    Returns:
        The logarithms of the hazard ratios [treatments].
    """
    seen = exits.sum(axis=0) > 0
    exits, expected, marks = exits[:, seen], expected[:, seen], marks[:, :, seen]
    units, periods = np.ones(len(exits)), np.ones(exits.shape[1])
    for _ in range(_ROUNDS):
        units = exits.sum(axis=1) / np.maximum(expected @ periods, 1e-300)
        periods = exits.sum(axis=0) / np.maximum(units @ expected, 1e-300)
    base = expected * units[:, None] * periods
    shift, ratio = np.zeros((len(marks), *exits.shape)), np.zeros(len(marks))
    for _ in range(_STEPS):
        mu = base * np.exp(shift + ratio[:, None, None] * marks)
        rows, columns, own = _two_way_step(exits - mu, mu, marks)
        shift = shift + rows[:, :, None] + columns[:, None, :]
        ratio = ratio + own
    return ratio


def _two_way_step(rest: Floats, mu: Floats, marks: Floats) -> tuple[Floats, Floats, Floats]:
    """Return Newton's step of unit effects, period effects (the first is held) and ratio, the units eliminated."""
    unit = np.maximum(mu.sum(axis=2), 1e-300)
    inner = np.concatenate([mu[:, :, 1:], (mu * marks).sum(axis=2)[:, :, None]], axis=2)
    score = np.concatenate([rest.sum(axis=1)[:, 1:], (rest * marks).sum(axis=(1, 2))[:, None]], axis=1)
    treated = (mu * marks).sum(axis=1)[:, 1:]
    size = score.shape[1]
    matrix = np.zeros((len(mu), size, size))
    diagonal = np.arange(size)
    matrix[:, diagonal, diagonal] = np.concatenate(
        [mu.sum(axis=1)[:, 1:], (mu * marks**2).sum(axis=(1, 2))[:, None]], axis=1
    )
    matrix[:, -1, :-1] = matrix[:, :-1, -1] = treated
    scaled = inner / unit[:, :, None]
    matrix -= inner.transpose(0, 2, 1) @ scaled
    by_unit = rest.sum(axis=2)
    right = score - np.einsum("dgi,dg->di", scaled, by_unit)
    step = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    rows = by_unit / unit - np.einsum("dgi,di->dg", scaled, step)
    columns = np.concatenate([np.zeros((len(mu), 1)), step[:, :-1]], axis=1)
    return rows, columns, step[:, -1]


def _put(whole: Floats, where: Floats, values: Floats) -> Floats:
    whole[where] = values
    return whole


def _expected(n: Floats, effects: list[Floats], mark: Floats, ratio: float) -> Floats:
    unit, period, week = effects
    cell = np.exp(unit[:, None] + period + ratio * mark)
    return n * cell[:, :, None] * np.exp(week)


def _newton(d: Floats, n: Floats, mark: Floats, *, free: bool) -> tuple[list[Floats], float, Floats]:
    effects, ratio = _started(d, n), 0.0
    mu = _expected(n, effects, mark, ratio)
    for _ in range(_ROUNDS):
        step = _solve(_information(mu, mark, free=free), _sums(d - mu, mark, free=free))
        effects, ratio, mu = _moved(d, n, mark, (effects, ratio, mu), step)
        if np.abs(step).max() < _CLOSE * (1 + abs(ratio)):
            break
    return effects, ratio, mu


def _started(d: Floats, n: Floats) -> list[Floats]:
    """Return effects after a few rounds of fitting each dimension's sums in turn."""
    level = [np.ones(size) for size in d.shape]
    for _ in range(3):
        for at, others in ((2, "gcw,g,c->w"), (0, "gcw,c,w->g"), (1, "gcw,g,w->c")):
            given = [each for which, each in enumerate(level) if which != at]
            over = tuple(axis for axis in range(3) if axis != at)
            level[at] = d.sum(axis=over) / np.einsum(others, n, *given)
    return [np.log(each) for each in level]


def _sums(values: Floats, mark: Floats, *, free: bool) -> Floats:
    """Return sums of cells over each effect: units, periods and weeks without their first, and the treatment."""
    cells = values.sum(axis=2)
    own = [[(mark * cells).sum()]] if free else []
    return np.concatenate([cells.sum(axis=1), cells.sum(axis=0)[1:], values.sum(axis=(0, 1))[1:], *own])


def _information(mu: Floats, mark: Floats, *, free: bool) -> Floats:
    gc, gw, cw = mu.sum(axis=2), mu.sum(axis=1)[:, 1:], mu.sum(axis=0)[1:, 1:]
    g, c, w = np.diag(gc.sum(axis=1)), np.diag(gc.sum(axis=0)[1:]), np.diag(mu.sum(axis=(0, 1))[1:])
    blocks = np.block([[g, gc[:, 1:], gw], [gc[:, 1:].T, c, cw], [gw.T, cw.T, w]])
    if not free:
        return blocks
    side = _sums(mu * mark[:, :, None], mark, free=True)
    return np.block([[blocks, side[:-1, None]], [side[None, :]]])


def _solve(matrix: Floats, right: Floats) -> Floats:
    scale = np.sqrt(np.diag(matrix))
    if not (scale > 0).all():
        raise BadDesign(_UNTOLD)
    try:
        factor = cho_factor(matrix / np.outer(scale, scale), lower=True)
    except LinAlgError:
        raise BadDesign(_UNTOLD) from None
    if np.diag(factor[0]).min() < _SINGULAR:
        raise BadDesign(_UNTOLD)
    found: Floats = cho_solve(factor, right / scale) / scale
    return found


def _moved(
    d: Floats, n: Floats, mark: Floats, at: tuple[list[Floats], float, Floats], step: Floats
) -> tuple[list[Floats], float, Floats]:
    """Take a step, halved until the likelihood does not fall; without a treatment its place in the step is empty."""
    effects, ratio, mu = at
    before = _likelihood(d, mark, effects, ratio, mu)
    ends = np.cumsum([len(effects[0]), len(effects[1]) - 1, len(effects[2]) - 1])
    for power in range(_HALVINGS):
        unit, period, week, own = np.split(step / 2**power, ends)
        after = [effects[0] + unit, effects[1] + np.append(0.0, period), effects[2] + np.append(0.0, week)]
        moved = ratio + float(own.sum())
        mu = _expected(n, after, mark, moved)
        if _likelihood(d, mark, after, moved, mu) >= before - _CLOSE * abs(before):
            break
    return after, moved, mu


def _likelihood(d: Floats, mark: Floats, effects: list[Floats], ratio: float, mu: Floats) -> float:
    cell = effects[0][:, None] + effects[1] + ratio * mark
    return float((d.sum(axis=2) * cell).sum() + d.sum(axis=(0, 1)) @ effects[2] - mu.sum())


def _efficient(mu: Floats, mark: Floats) -> tuple[float, Floats]:
    """Return the information on the ratio that the other effects leave, and each cell's influence on it."""
    side = _sums(mu * mark[:, :, None], mark, free=False)
    taken = _solve(_information(mu, mark, free=False), side)
    g, c = mu.shape[0], mu.shape[1] - 1
    period, week = (np.append(0.0, part) for part in (taken[g : g + c], taken[g + c :]))
    left = mark[:, :, None] - taken[:g, None, None] - period[:, None] - week
    information = float((mu * left * mark[:, :, None]).sum())
    if information < _SINGULAR * (mu.sum(axis=2) * mark).sum():
        raise BadDesign(_UNTOLD)
    return information, (mu * left).sum(axis=2) / information
