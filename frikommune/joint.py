"""What needs several placebo numbers at once: a band around a whole path, and an effect for each use of a waiver."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from frikommune.compare import Path
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.inference import DETECTABLE, draw_sets
from frikommune.panel import Panel

_FEWEST = 19  # placebo assignments: with fewer no band reaches 95 %


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Band:
    """A band that holds the whole path at once, not each of its points by itself.

    Attributes:
        path: The path.
        low: Lower edge [points, unit of the outcome]; minus infinity where the placebos are too few.
        high: Upper edge [points, unit of the outcome].
        sd: Standard deviation of the placebo paths [points, unit of the outcome].
        critical: How many of these the band reaches to either side.
        draws: The placebo paths [assignments x points, unit of the outcome].
        level: Confidence level of the band as a whole.
    """

    path: Path
    low: Floats
    high: Floats
    sd: Floats
    critical: float
    draws: Floats
    level: float

    def __repr__(self) -> str:
        return (
            f"Band: {self.level:.0%}, {len(self.sd)} points +- {self.critical:.2f} sd ({len(self.draws)} placebo paths)"
        )


@dataclass(frozen=True, slots=True)
class PerUse:
    """An effect for each use: the effect on everybody divided by the change in uptake.

    Attributes:
        value: The effect for each use [unit of the outcome a use].
        low: Lower end of the interval; minus infinity where the data bound it on no side.
        high: Upper end.
        excluded: The values that are ruled out when the rest of the line is not: uptake is then too near zero.
        smallest_detectable: Effect for each use found with 80 % power by a two-sided test at 5 %; infinite where the
            uptake itself cannot be told from zero.
        uptake: The change in uptake [uses a person].
        level: Confidence level.
    """

    value: float
    low: float
    high: float
    excluded: tuple[float, float] | None
    smallest_detectable: float
    uptake: float
    level: float


def simultaneous_band(path: Path, draws: int = 9999, seed: int = 1, *, level: float = 0.95) -> Band:
    """Put a band around a path by the largest deviation of placebo paths.

    Sets of comparison units as large as the treated set are given the treated starts and the path is estimated again.
    Each placebo path is measured in the placebo standard deviations of its points; the band reaches as far as the
    largest of these does in all but 5 % of the paths. No effect at any time is compatible with it when it holds zero
    everywhere.

    Args:
        path: The path.
        draws: Placebo assignments to draw, at most; every set once where there are no more.
        seed: Seed of the draws.
        level: Confidence level of the band as a whole.

    Returns:
        The band.

    Raises:
        BadDesign: Fewer than 19 placebo assignments are asked for or possible.

    References:
        Romano & Wolf (2005), Econometrica 73(4), 1237-1282 (the maximum of studentised statistics);
        Callaway & Sant'Anna (2021), section 4.1 (simultaneous bands for event studies).
    """
    treated = path.panel.treated
    starts = path.panel.start[treated]
    panel = path.panel.take(~treated & path.design.complete(path.panel, starts))
    placebos = path.design.replay(panel, path.since, _sets(panel, starts, draws=draws, seed=seed), starts)
    sd = placebos.std(axis=0, ddof=1)
    critical = _critical(np.abs(placebos / sd).max(axis=1), level)
    return Band(path, path.values - critical * sd, path.values + critical * sd, sd, critical, placebos, level)


def per_use(effect: Estimate, uptake: Estimate, draws: int = 9999, seed: int = 1, *, level: float = 0.95) -> PerUse:
    """Divide an effect by the change in uptake, with an interval that is honest when hardly anybody used the waiver.

    Spread and covariance of both come from the same placebo assignments. The interval holds the values b for which
    effect - b * uptake cannot be told from zero; where uptake is small it is the whole line, or all of it but a piece.

    Right when the waiver works through its use alone.

    Args:
        effect: The effect on everybody, used or not.
        uptake: The same design's estimate of uses a person, in the same units and with the same starts.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        level: Confidence level.

    Returns:
        The effect for each use.

    Raises:
        BadDesign: The two are not of the same units and starts, uptake did not change, or the placebos are too few.

    References:
        Fieller (1954), Journal of the Royal Statistical Society B 16(2), 175-185; for a ratio of reduced form and
        first stage: Andrews, Stock & Sun (2019), Annual Review of Economics 11, 727-753, section 4.1.
    """
    _check_pair(effect, uptake)
    starts = effect.panel.start[effect.panel.treated]
    kept = ~effect.panel.treated
    for each in (effect, uptake):
        kept &= each.design.complete(each.panel, starts)
    sets = _sets(effect.panel.take(kept), starts, draws=draws, seed=seed)
    both = np.stack([each.design.replay(each.panel.take(kept), sets, starts) for each in (effect, uptake)])
    spread = np.cov(both)
    sd = float(np.sqrt(spread[0, 0]))
    critical = _critical(np.abs(both[0]) / sd, level)
    low, high, excluded = fieller(effect.value, uptake.value, spread, critical)
    seen = abs(uptake.value) > critical * np.sqrt(spread[1, 1])
    return PerUse(
        value=effect.value / uptake.value,
        low=low,
        high=high,
        excluded=excluded,
        smallest_detectable=DETECTABLE * sd / abs(uptake.value) if seen else np.inf,
        uptake=uptake.value,
        level=level,
    )


def fieller(
    top: float, bottom: float, spread: Floats, critical: float
) -> tuple[float, float, tuple[float, float] | None]:
    """Return the ratios b for which top - b * bottom lies within `critical` of its standard deviations from zero.

    Args:
        top: What is divided.
        bottom: What it is divided by.
        spread: Their covariance matrix [2 x 2].
        critical: How many standard deviations away is still compatible.

    Returns:
        The ends of the interval, and none; or, where the bottom cannot be told from zero, infinities and the open
        interval that is ruled out, or none where nothing is.

    References:
        Fieller (1954), Journal of the Royal Statistical Society B 16(2), 175-185.
    """
    if not np.isfinite(critical):
        return -np.inf, np.inf, None
    square = critical**2
    a, b, c = bottom**2 - square * spread[1, 1], top * bottom - square * spread[0, 1], top**2 - square * spread[0, 0]
    inside = b**2 - a * c
    if a > 0:
        return float((b - np.sqrt(inside)) / a), float((b + np.sqrt(inside)) / a), None
    if inside <= 0 or a == 0:
        return -np.inf, np.inf, None
    return -np.inf, np.inf, (float((b + np.sqrt(inside)) / a), float((b - np.sqrt(inside)) / a))


def _check_pair(effect: Estimate, uptake: Estimate) -> None:
    if effect.panel.units != uptake.panel.units or (effect.panel.treated != uptake.panel.treated).any():
        raise BadDesign("Effect and uptake are of different units or treated sets: estimate both on the same ones.")
    if effect.panel.periods != uptake.panel.periods or (effect.panel.start != uptake.panel.start).any():
        raise BadDesign("Effect and uptake differ in periods or starts: estimate both over the same ones.")
    if uptake.value == 0:
        raise BadDesign("Uptake did not change at all: without uses there is no effect for each use.")


def _sets(panel: Panel, starts: Ints, *, draws: int, seed: int) -> Ints:
    """Return the units of each placebo assignment [assignments x treated]: all sets where they are few, else drawn."""
    count, size = len(panel.units), starts.size
    possible = comb(count, size)
    if count <= size or min(draws, possible) < _FEWEST:
        raise BadDesign(
            f"{min(draws, possible)} placebo sets of {size} units can be drawn from {count} complete comparison units "
            f"with {draws} draws: at least {_FEWEST} are needed."
        )
    if possible <= draws and len(set(starts.tolist())) == 1:
        return np.array(list(combinations(range(count), size)))
    return draw_sets(count, size, draws=draws, seed=seed)


def _critical(largest: Floats, level: float) -> float:
    """Return what at most a share 1 - level of the placebos, the real assignment counted, reach or pass."""
    needed = int(np.floor((1 - level) * (1 + largest.size) + 1e-9))
    return float(np.sort(largest)[-needed]) if needed else np.inf
