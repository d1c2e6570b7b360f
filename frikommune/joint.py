"""Placebo paths, and a band around a whole path: what needs the placebos of all its points at once."""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from frikommune.compare import DifferenceInDifferences, DriftBefore, Path
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.inference import Assignments, Inference, Scheme, assign, infer

Side = Literal["before", "after"]

_STILL = 1e-9  # of the largest standard deviation: what is less is rounding
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
    moving = sd > _STILL * sd.max()  # where all placebos are the same there is nothing to be measured in their sd
    critical = _critical(np.abs(placebos[:, moving] / sd[moving]).max(axis=1), level)
    return Band(path, path.values - critical * sd, path.values + critical * sd, sd, critical, placebos, level)


def placebo_paths(path: Path, draws: int, seed: int, *, of: Side = "after") -> Floats:
    """Estimate the path for sets of comparison units as large as the treated set, given the treated starts.

    The sets are those that an answer rests on. `infer` is asked for the mean of the path on one side: of the schemes
    that it asks (scattered, contiguous) the one with the widest interval is taken, and each placebo path is brought to
    the spread of the treated set, by the scale of that mean, so that a path keeps its shape. Where `infer` is wider
    still, because of the shock that a region shares, all paths are widened by as much.

    Args:
        path: The path.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        of: Which side is asked about: "after" the start, or "before" it, where nothing after it may count.

    Returns:
        The placebo paths [assignments x points, unit of the outcome].

    Raises:
        BadDesign: Fewer than 19 sets are asked for or possible, no method holds its level for such a treated set, or
            no comparison unit moves against the others.
    """
    mean = _mean(path, of)
    how = infer(mean, draws, seed)
    if how.method == "none":
        raise BadDesign(how.why)
    widest = max((each for each in how.parts if each.draws.size), key=_width)
    given = assign(mean, draws=draws, seed=seed, scheme=cast("Scheme", widest.method))
    if len(given.units) < _FEWEST:
        raise BadDesign(
            f"{len(given.units)} placebo sets of {given.units.shape[1]} units can be drawn from "
            f"{len(given.panel.units)} complete comparison units: at least {_FEWEST} are needed."
        )
    starts = path.panel.start[path.panel.treated]
    if not _width(widest) > 0:
        raise BadDesign(
            f"All {len(given.units)} placebo sets show the same: the outcome must vary between comparison units."
        )
    paths = path.design.replay(given.panel, path.since, by_start(given), starts, behind=path.behind)
    return paths * given.scale[:, None] * (_width(how) / _width(widest))


def by_start(given: Assignments) -> Ints:
    """Return the units that each assignment treats, each in the place of the start it is given [sets x treated]."""
    ordered = np.empty_like(given.units)
    np.put_along_axis(ordered, given.starts, given.units, axis=1)
    return ordered


def _mean(path: Path, of: Side) -> Estimate:
    """Return the mean of a path on one side, against the units that are complete over the whole of it."""
    panel, how = path.panel, path.design
    whole = panel.take(panel.treated | how.complete(panel, panel.start[panel.treated]))
    if of == "before":
        return DriftBefore(how.pre, how.post, how.weights, how.anticipation)(whole)
    return DifferenceInDifferences(how.pre, how.post, how.weights, how.base, how.anticipation)(whole)


def _width(how: Inference) -> float:
    return how.high - how.low


def _critical(largest: Floats, level: float) -> float:
    """Return what at most a share 1 - level of the placebos, the real assignment counted, reach or pass."""
    needed = int(np.floor((1 - level) * (1 + largest.size) + 1e-9))
    return float(np.sort(largest)[-needed]) if needed else np.inf
