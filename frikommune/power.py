"""What a design could have seen, and how many municipalities it would take."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.inference import (
    FEWEST_PROVINCES,
    Places,
    alone,
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
    uncertainty,
    usable,
)

MOST = 40  # municipalities to try, at most
_DRAWS = 1999
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

    Sets are drawn from the comparison units, all with the earliest start. The shock that provinces share counts as
    well, with its few degrees of freedom, where it can be estimated: `infer` asks about it wherever the treated lie.
    Placebo sets of such a trial have fewer units to compare with than the trial itself, which counts where it is large.
    Simulated trials need 2 to 7 % more than this says (`benchmarks/power.md`): all that `infer` asks must find the
    effect in the same panel.

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
    start = np.array([estimate.panel.start.min()])
    rows, _ = usable(estimate)
    if not 0 < size < rows.size:
        raise BadDesign(f"{size} municipalities were asked for: between 1 and {rows.size - 1} can be drawn.")
    panel, starts = estimate.panel.take(rows), np.repeat(start, size)
    where = places(panel.units)
    if scheme == "scattered":
        sets = draw_sets(rows.size, size, draws=_DRAWS, seed=seed)
    elif where is not None:
        sets = grow_sets(where.touching, size, draws=_DRAWS, seed=seed)
    else:
        raise BadDesign("The units are no municipality codes: which of them lie together is not known.")
    wide, narrow = _compared(size, rows.size, len(estimate.panel.units))
    found = detectable(
        wide * estimate.design.replay(panel, sets, starts), power=power, level=level, narrower=narrow / wide
    )
    if where is None or np.unique(where.province).size <= FEWEST_PROVINCES:
        return found
    error, df = _shared_error(estimate, rows, sets, where, alone(estimate, panel, start))
    return max(found, found_by_t(error, df, power=power, level=level))


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
