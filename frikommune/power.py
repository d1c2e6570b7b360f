"""What a design could have seen, and how many municipalities it would take."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import t as student

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.inference import (
    FEWEST_PROVINCES,
    Places,
    alone,
    critical,
    detectable,
    draw_sets,
    found_by_t,
    grow_sets,
    imprecision,
    infer,
    masses,
    narrower,
    places,
    satterthwaite,
    spread,
    together,
    uncertainty,
    usable,
)
from frikommune.panel import Panel

MOST = 40  # municipalities to try, at most
_DRAWS = 1999
_LOOKED_AT = 199  # drawn sets, to tell whether most of them lie together
_SCHEMES = ("scattered", "contiguous")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a design would see with so many municipalities.

    Attributes:
        municipalities: Municipalities treated.
        scheme: Whether they lie "scattered" or together ("contiguous").
        periods: Periods after the start that are compared.
        detectable: The smallest effect found with the power asked for [unit of the outcome].
    """

    municipalities: int
    scheme: str
    periods: int
    detectable: float


def smallest_detectable(
    estimate: Estimate,
    power: float = 0.8,
    *,
    uptake: float = 1.0,
    level: float = 0.95,
    draws: int = 9999,
    seed: int = 1,
) -> float:
    """Return the smallest effect that the inference chosen for an estimate finds with some power.

    Each method that `infer` asks gives its own; the largest counts, since all of them must find the effect.

    Args:
        estimate: The effect; its size plays no part.
        power: Probability of finding the effect.
        uptake: Change in the share that used the waiver: with it, the answer is an effect per use.
        level: One minus the level of the two-sided test.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.

    Returns:
        The effect [unit of the outcome; per use where an uptake is given], infinite where no method holds its level.

    Raises:
        BadDesign: The power, level or uptake is out of range, or no placebo can be made.

    References:
        Bloom (1995), Evaluation Review 19(5), 547-556.
    """
    if uptake == 0:
        raise BadDesign("An uptake of zero was given: there is no effect per use to be seen.")
    how = infer(estimate, draws, seed, level=level)
    if how.method == "none":
        return np.inf
    found = [
        detectable(each.draws, power=power, level=level, narrower=narrower(estimate))
        if each.draws.size
        else found_by_t(each.sd, each.df, power=power, level=level)
        for each in how.parts
    ]
    return max(found) / abs(uptake)


def municipalities_needed(
    estimate: Estimate,
    effect: float,
    *,
    scheme: str = "scattered",
    power: float = 0.8,
    most: int = MOST,
    seed: int = 1,
) -> int | None:
    """Return how many municipalities the same design would need to see an effect, or none when `most` do not suffice.

    Args:
        estimate: The design and panel.
        effect: The effect worth seeing [unit of the outcome].
        scheme: Whether the municipalities would lie "scattered" over the country or together ("contiguous").
        power: Probability of finding the effect.
        most: The largest number to try.
        seed: Seed of the draws.

    Raises:
        BadDesign: The power is out of range, or contiguous sets are asked for and cannot be had.
        UnknownName: There is no such scheme.
    """
    rows, _ = usable(estimate)
    for size in range(1, min(most, rows.size // 2) + 1):
        if reach(estimate, size, scheme=scheme, power=power, seed=seed) <= effect:
            return size
    return None


def reach(
    estimate: Estimate, size: int, *, scheme: str = "scattered", power: float = 0.8, level: float = 0.95, seed: int = 1
) -> float:
    """Return the smallest effect that the same design would see with so many municipalities.

    Sets are drawn from the comparison units, all with the earliest start. All that `infer` would ask of most such sets
    must find the effect, in the same panel: scattered placebos; contiguous ones where the sets lie together, as many
    scattered municipalities do; and the shock that provinces share, with its few degrees of freedom, where the sets
    leave enough other provinces to estimate it from. Placebo sets of such a trial have fewer units to compare with than
    the trial itself, which counts where it is large.

    Args:
        estimate: The design and panel.
        size: Municipalities treated.
        scheme: "scattered" or "contiguous".
        power: Probability of finding the effect.
        level: One minus the level of the two-sided test.
        seed: Seed of the draws.

    Returns:
        The effect [unit of the outcome].

    Raises:
        BadDesign: The power is out of range, there are not more units than `size`, or contiguous sets cannot be had.
        UnknownName: There is no such scheme.
    """
    if scheme not in _SCHEMES:
        raise UnknownName.among("scheme", scheme, _SCHEMES)
    rows, _ = usable(estimate)
    if not 0 < size < rows.size:
        raise BadDesign(f"{size} municipalities were asked for: between 1 and {rows.size - 1} can be drawn.")
    panel = estimate.panel.take(rows)
    where = places(panel.units)
    sets = _sets(panel.units, size, scheme, seed=seed)
    wide, narrow = _compared(size, rows.size, len(estimate.panel.units))
    also = _also_asked(panel, sets, scheme, seed=seed)
    others = [critical(wide * _replayed(estimate, panel, each), level=level) for each in also]
    by_shock = 0.0
    if where is not None and _provinces_left(where, sets) >= FEWEST_PROVINCES:
        error, df = _shared_error(estimate, rows, sets, where, alone(estimate, panel, _start(estimate)))
        others.append(float(error * student.ppf((1 + level) / 2, df)))
        by_shock = found_by_t(error, df, power=power, level=level)
    effects = wide * _replayed(estimate, panel, sets)
    by_placebos = detectable(effects, power=power, level=level, narrower=narrow / wide, others=max(others, default=0.0))
    return max(by_placebos, by_shock)


def reaches(
    estimate: Estimate,
    sizes: Iterable[int] = (1, 2, 3, 5, 8, 11, 20, 40),
    *,
    windows: Iterable[Span] = (),
    power: float = 0.8,
    seed: int = 1,
) -> tuple[Reach, ...]:
    """Return what a design would see by number of municipalities, whether they lie together, and length of window.

    Args:
        estimate: The design and panel.
        sizes: Numbers of municipalities to try.
        windows: First and last period after the start to try; the estimate's own window when none.
        power: Probability of finding the effect.
        seed: Seed of the draws.
    """
    found = []
    for one in _over(estimate, tuple(windows)):
        after = int((one.weights[one.panel.treated] > 0).any(axis=0).sum())
        found += [
            Reach(size, scheme, after, reach(one, size, scheme=scheme, power=power, seed=seed))
            for scheme in _SCHEMES
            for size in sizes
        ]
    return tuple(found)


def _over(estimate: Estimate, windows: tuple[Span, ...]) -> tuple[Estimate, ...]:
    if not windows:
        return (estimate,)
    before = np.flatnonzero((estimate.weights[estimate.panel.treated] < 0).any(axis=0))
    pre = (estimate.panel.periods[before[0]], estimate.panel.periods[before[-1]])
    return tuple(estimate.design.over(pre, post)(estimate.panel) for post in windows)


@lru_cache(maxsize=2 * MOST)
def _sets(units: tuple[Any, ...], size: int, scheme: str, *, seed: int) -> Ints:
    """Draw sets of units to pretend treated [draws x size]; kept for one outcome after another of the same units."""
    if scheme == "scattered":
        return draw_sets(len(units), size, draws=_DRAWS, seed=seed)
    where = places(units)
    if where is None:
        raise BadDesign("The units are no municipality codes: which of them lie together is not known.")
    return grow_sets(where.touching, size, draws=_DRAWS, seed=seed)


def _also_asked(panel: Panel, sets: Ints, scheme: str, *, seed: int) -> list[Ints]:
    """Return the sets of the other scheme, where `infer` would ask about them too and they can be had."""
    where, size = places(panel.units), sets.shape[1]
    if where is None or size == 1 or np.mean([together(where, each) for each in sets[:_LOOKED_AT]]) <= 1 / 2:
        return []
    try:
        return [_sets(panel.units, size, "contiguous" if scheme == "scattered" else "scattered", seed=seed)]
    except BadDesign:  # no part of the graph is large enough: `infer` goes without them, too
        return []


def _provinces_left(where: Places, sets: Ints) -> float:
    """Return how many provinces most sets leave without a treated unit."""
    hit = np.zeros((len(sets), len(where.names)), dtype=bool)
    np.put_along_axis(hit, where.province[sets], values=True, axis=1)
    return float(np.unique(where.province).size - np.median(hit.sum(axis=1)))


def _replayed(estimate: Estimate, panel: Panel, sets: Ints) -> Floats:
    return estimate.design.replay(panel, sets, np.repeat(_start(estimate), sets.shape[1]))


def _start(estimate: Estimate) -> Ints:
    return np.array([estimate.panel.start.min()])


def _compared(size: int, drawn: int, units: int) -> tuple[float, float]:
    """Return the spread of a trial's placebos, and that of its estimate, over that of sets drawn from comparisons.

    Args:
        size: Municipalities that the trial treats.
        drawn: Comparison units that sets are drawn from, and compared with.
        units: All units: those that the trial does not treat are its comparisons.
    """
    one, trial, placebo = (1 / size + 1 / max(left, 1) for left in (drawn - size, units - size, units - 2 * size))
    return float(np.sqrt(placebo / one)), float(np.sqrt(trial / one))


def _shared_error(estimate: Estimate, rows: Ints, sets: Ints, where: Places, effects: Floats) -> tuple[float, float]:
    """Return the standard error of a typical set with the shocks that provinces share, and its degrees of freedom."""
    q, mass = imprecision(estimate)[rows], masses(estimate)[rows]
    found = spread(effects, q, where.province)
    treated = np.zeros((len(sets), rows.size))
    np.put_along_axis(treated, sets, mass[sets], axis=1)
    against = mass * (treated == 0)
    net = treated / treated.sum(axis=1, keepdims=True) - against / against.sum(axis=1, keepdims=True)
    member = (where.province[:, None] == np.unique(where.province)).astype(float)
    slope = (float((net**2 @ found.relative(q)).mean()), float(((net @ member) ** 2).sum(axis=1).mean()))
    variance, df = satterthwaite(found, slope, uncertainty(found, q, where.province))
    return variance**0.5, df
