"""How sure an estimate is, by re-assignment: the same design replayed on units that were not treated.

The unit of inference is the municipality (or whatever the panel's units are), never a person.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import factorial, prod
from typing import Any

import numpy as np

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.inference.answer import Inference, Pool, Scheme, detectable
from frikommune.inference.inversion import bounds, interval, p_value
from frikommune.inference.places import Places, places
from frikommune.inference.sets import all_sets, connected_sets, draw_sets, grow_sets, sets_within
from frikommune.inference.spread import FEWEST_UNITS, Spread, alone, imprecision, masses, narrower, spread
from frikommune.panel import Panel

_ORDERS = 500_000  # orders of the starts to go through, at most
_FEWEST = 19  # draws: with fewer no p-value reaches 5 %
_SCHEMES = ("scattered", "contiguous", "region")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Assignments:
    """Placebo assignments of a treated set.

    Attributes:
        panel: The units that they were drawn from.
        units: Rows of the panel that each treats [assignments x treated].
        starts: Which of the treated units' starts each of them is given [assignments x treated].
        scale: Spread of the real set over that of each placebo set [assignments].
        enumerated: Whether they are all there are.
    """

    panel: Panel
    units: Ints
    starts: Ints
    scale: Floats
    enumerated: bool


def placebo(
    estimate: Estimate,
    draws: int = 9999,
    seed: int = 1,
    *,
    scheme: Scheme = "scattered",
    pool: Pool = "comparisons",
    level: float = 0.95,
) -> Inference:
    """Compare an effect with those of placebo assignments.

    Sets of units as large as the treated set are given the treated units' starts, and the design is called again.
    When there are no more assignments than draws, each is tried once. Each effect is brought to the spread of the
    treated set: units with few persons behind them vary more. The interval holds every constant effect that the same
    test would not reject; so do the one-sided bounds.

    Scattered sets are right when the treated units could as well have been any others of the pool. Units that lie
    together share regional shocks and are not exchangeable with scattered ones, whose p-value is then too small: for
    them contiguous sets, grown over the neighbour graph with ferries, or sets within one province. A treated set that
    lies near together without being connected is compared with connected ones, which errs on the safe side.

    Args:
        estimate: The effect.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        scheme: "scattered", "contiguous" or "region" sets; the last two need units that are codes of municipalities.
        pool: "comparisons" draws from the never-treated units; "all" from all of them, which is exact under the
            hypothesis of no effect and the same size of set.
        level: Confidence level.

    Returns:
        p-value, interval, bounds, and the smallest detectable effect.

    Raises:
        BadDesign: Fewer than two placebo assignments are asked for or possible, the seed or level is out of range, or
            the scheme needs to know where the units lie and they are no municipalities.
        UnknownName: There is no such pool or scheme.

    References:
        Fisher (1935), chapter 2; Conley & Taber (2011), Review of Economics and Statistics 93(1), 113-125; the scaling:
        Ferman & Pinto (2019), Review of Economics and Statistics 101(3), 452-467.
    """
    check_options(draws=draws, seed=seed, pool=pool, level=level)
    if scheme not in _SCHEMES:
        raise UnknownName.among("scheme", scheme, _SCHEMES)
    given = assign(estimate, draws=draws, seed=seed, scheme=scheme, pool=pool)
    placebos = given.scale * replayed(estimate, given)
    moved = given.scale * shown(estimate, given) if pool == "all" else np.zeros(placebos.size)
    low, high = interval(estimate.value, placebos, moved, level)
    at_least, at_most = bounds(estimate.value, placebos, moved, level)
    return Inference(
        p=p_value(estimate.value, placebos),
        low=low,
        high=high,
        at_least=at_least,
        at_most=at_most,
        sd=float(placebos.std(ddof=1)),
        smallest_detectable=detectable(placebos, level=level, narrower=1 if pool == "all" else narrower(estimate)),
        draws=placebos,
        level=level,
        pool=pool,
        enumerated=given.enumerated,
        method=scheme,
    )


def check_options(*, draws: int, seed: int, pool: str, level: float) -> None:
    """Refuse options out of range.

    Raises:
        BadDesign: Draws, seed or level are out of range.
        UnknownName: There is no such pool.
    """
    if pool not in ("comparisons", "all"):
        raise UnknownName.among("pool", pool, ("comparisons", "all"))
    if draws < _FEWEST or seed < 0 or not 0 < level < 1:
        raise BadDesign(
            f"Placebo inference was asked for with {draws} draws, seed {seed} and level {level:g}: at least {_FEWEST} "
            "draws, a seed of zero or more and a level between 0 and 1 were expected."
        )


def assign(
    estimate: Estimate, *, draws: int, seed: int, scheme: Scheme = "scattered", pool: Pool = "comparisons"
) -> Assignments:
    """Draw the placebo assignments of an estimate: see `placebo`.

    Raises:
        BadDesign: Fewer than two are possible, or the scheme cannot be followed.
    """
    rows, starts = usable(estimate, pool)
    panel, size = estimate.panel.take(rows), starts.size
    if rows.size <= size:
        raise BadDesign(f"{rows.size} units are there to draw placebo sets of {size} from: more are needed.")
    orders = _orders(starts, at_most=draws)
    sets = None if orders is None else _every_set(panel.units, size, scheme, at_most=draws // len(orders))
    if orders is not None and sets is not None:
        units, which = np.repeat(sets, len(orders), axis=0), np.tile(orders, (len(sets), 1))
    else:
        units = _drawn_sets(panel.units, size, scheme, draws=draws, seed=seed)
        which = np.broadcast_to(np.arange(size), units.shape)
    other = (panel.start[units] != starts[which]).any(axis=1)  # the one that happened is counted by the p-value
    if other.sum() <= 1:
        raise BadDesign(f"Only {other.sum()} placebo assignments are possible: no inference can be made from them.")
    units, which = units[other], which[other]
    return Assignments(panel, units, which, size_scale(estimate, rows, units), sets is not None)


def replayed(estimate: Estimate, given: Assignments) -> Floats:
    """Replay the design of an estimate under placebo assignments [assignments, unit of the outcome]."""
    starts = estimate.panel.start[estimate.panel.treated]
    return estimate.design.replay(given.panel, given.units, starts[given.starts])


def shown(estimate: Estimate, given: Assignments) -> Floats:
    """Return how much of a constant effect of one each placebo assignment would show [assignments].

    Under an effect tau the treated units' outcomes hold tau after their start, so a placebo set that contains some
    of them, or compares with them, moves with it.
    """
    panel, starts = given.panel, estimate.panel.start[estimate.panel.treated]
    happened = (np.arange(len(panel.periods)) >= panel.start[:, None]).astype(float)
    return estimate.design.replay(panel.holding(happened), given.units, starts[given.starts])


def size_scale(estimate: Estimate, rows: Ints, units: Ints) -> Floats:
    """Return the spread of the treated set over that of each placebo set, from their units' sizes [assignments].

    Args:
        estimate: The effect.
        rows: The units that placebos are drawn from, as rows of the estimate's panel.
        units: What each assignment treats, as positions in `rows` [assignments x treated].

    References:
        Ferman & Pinto (2019), Review of Economics and Statistics 101(3), 452-467.
    """
    q, mass = imprecision(estimate), masses(estimate)
    found = components(estimate) if q.any() else None
    if found is None:
        return np.ones(len(units))
    relative = found.relative(q)
    treated = np.flatnonzero(estimate.panel.treated)
    return np.sqrt(_variance(treated[None, :], mass, relative) / _variance(rows[units], mass, relative))


@lru_cache(maxsize=16)
def components(estimate: Estimate) -> Spread | None:
    """Return how much the comparison units vary by themselves and with their province; none where they do not vary.

    Kept for the last estimates, since every scheme asks for the same.

    Args:
        estimate: The effect whose design is replayed on each comparison unit alone.
    """
    rows, starts = usable(estimate)
    if rows.size < FEWEST_UNITS:
        return None
    effects = alone(estimate, estimate.panel.take(rows), starts)
    where = places(estimate.panel.units)
    groups = np.arange(rows.size) if where is None else where.province[rows]
    return spread(effects, imprecision(estimate)[rows], groups) if np.ptp(effects) > 0 else None


def usable(estimate: Estimate, pool: Pool = "comparisons") -> tuple[Ints, Ints]:
    """Return the units that placebos may be drawn from, none of them incomplete, and the treated units' starts.

    Args:
        estimate: The effect.
        pool: "comparisons" for the never-treated units, "all" for all of them.

    Returns:
        Rows of the estimate's panel, and the starts as positions [treated].
    """
    panel, starts = estimate.panel, estimate.panel.start[estimate.panel.treated]
    return np.flatnonzero(estimate.design.complete(panel, starts) & (~panel.treated | (pool == "all"))), starts


@lru_cache(maxsize=8)
def _every_set(units: tuple[Any, ...], size: int, scheme: Scheme, *, at_most: int) -> Ints | None:
    """Return every set that a scheme allows; none where there are too many to go through.

    Kept, as is what is drawn, for one outcome after another of the same units.
    """
    if scheme == "scattered" or size == 1:
        return all_sets(len(units), size, at_most=at_most)
    where = _where(units)
    return connected_sets(where.touching, size, at_most=at_most) if scheme == "contiguous" else None


@lru_cache(maxsize=8)
def _drawn_sets(units: tuple[Any, ...], size: int, scheme: Scheme, *, draws: int, seed: int) -> Ints:
    if scheme == "contiguous":
        return grow_sets(_where(units).touching, size, draws=draws, seed=seed)
    if scheme == "region":
        return sets_within(_where(units).province, size, draws=draws, seed=seed)
    return draw_sets(len(units), size, draws=draws, seed=seed)


def _where(units: tuple[Any, ...]) -> Places:
    where = places(units)
    if where is None:
        raise BadDesign("The units are no municipality codes: where they lie is not known, only scattered sets can be.")
    return where


def _orders(starts: Ints, *, at_most: int) -> Ints | None:
    """Return the orders in which the starts can be given to a set, as positions; none where they are too many."""
    if len(set(starts.tolist())) == 1:
        return np.arange(starts.size)[None, :]
    repeats = np.unique(starts, return_counts=True)[1]
    if factorial(starts.size) // prod(factorial(int(each)) for each in repeats) > at_most:
        return None
    if factorial(starts.size) > _ORDERS:
        return None
    distinct = {tuple(starts[list(order)]): order for order in permutations(range(starts.size))}
    return np.array([distinct[each] for each in sorted(distinct)])


def _variance(sets: Ints, mass: Floats, relative: Floats) -> Floats:
    """Return the variance of sets' means over that of one unit of no imprecision [sets]."""
    chosen = mass[sets]
    return (chosen**2 * relative[sets]).sum(axis=1) / chosen.sum(axis=1) ** 2
