"""Placebo paths, and a band around a whole path: what needs the placebos of all its points at once."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from frikommune.compare import Path
from frikommune.errors import BadDesign
from frikommune.estimate import Floats, Ints
from frikommune.inference import draw_sets

_FEWEST = 19  # placebo assignments: with fewer nothing can be said at 5 %


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
    placebos = placebo_paths(path, draws, seed)
    sd = placebos.std(axis=0, ddof=1)
    critical = _critical(np.abs(placebos / sd).max(axis=1), level)
    return Band(path, path.values - critical * sd, path.values + critical * sd, sd, critical, placebos, level)


def placebo_sets(count: int, starts: Ints, draws: int, seed: int) -> Ints:
    """Return sets of units that are to stand in for the treated, each unit for the start in its place.

    Args:
        count: Complete comparison units to choose from.
        starts: First treated period of each treated unit, as a position [treated].
        draws: Sets to draw, at most; every set once where there are no more and one start.
        seed: Seed of the draws.

    Returns:
        Rows of the comparison units [assignments x treated].

    Raises:
        BadDesign: Fewer than 19 sets are asked for or possible.
    """
    size = starts.size
    possible = comb(count, size) if count > size else 0
    if min(draws, possible) < _FEWEST:
        raise BadDesign(
            f"{min(draws, possible)} placebo sets of {size} units can be drawn from {count} complete comparison units "
            f"with {draws} draws: at least {_FEWEST} are needed."
        )
    if possible <= draws and len(set(starts.tolist())) == 1:
        return np.array(list(combinations(range(count), size)))
    return draw_sets(count, size, draws=draws, seed=seed)


def placebo_paths(path: Path, draws: int, seed: int) -> Floats:
    """Estimate the path for sets of comparison units as large as the treated set, given the treated starts.

    Args:
        path: The path.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.

    Returns:
        The placebo paths [assignments x points, unit of the outcome].

    Raises:
        BadDesign: As for `placebo_sets`.
    """
    treated = path.panel.treated
    starts = path.panel.start[treated]
    panel = path.panel.take(~treated & path.design.complete(path.panel, starts))
    sets = placebo_sets(len(panel.units), starts, draws, seed)
    return path.design.replay(panel, path.since, sets, starts, behind=path.behind)


def _critical(largest: Floats, level: float) -> float:
    """Return what at most a share 1 - level of the placebos, the real assignment counted, reach or pass."""
    needed = int(np.floor((1 - level) * (1 + largest.size) + 1e-9))
    return float(np.sort(largest)[-needed]) if needed else np.inf
