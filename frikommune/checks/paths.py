"""What checks of a whole path share: placebo paths, and the points that one base and one set of units stand behind."""

from itertools import combinations
from math import comb

import numpy as np

from frikommune.compare import Path
from frikommune.errors import BadDesign
from frikommune.estimate import Floats, Ints
from frikommune.inference import draw_sets

_FEWEST = 19  # placebo assignments: with fewer nothing can be said at 5 %


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
    return path.design.replay(panel, path.since, sets, starts)


def check_base(path: Path) -> None:
    """Refuse a path that is not measured from the last period before.

    Raises:
        BadDesign: Its base is the mean of all periods before, so that its deviations cancel.
    """
    if path.design.base != "last":
        raise BadDesign('The path is measured from the mean of all periods before: make it with base="last".')


def points_before(path: Path) -> Ints:
    """Return which points stand before the start and any anticipation [positions].

    Raises:
        BadDesign: There are none.
    """
    before = np.flatnonzero(path.since < -path.design.anticipation)
    if not before.size:
        raise BadDesign("The path has one period before the start, its base: at least two are needed to see a drift.")
    return before
