"""Honest bounds: what remains of an effect when the treated need not have stayed parallel."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from frikommune.checks.conditional import accepted, cases
from frikommune.checks.moments import Moments
from frikommune.checks.nouns import Reason
from frikommune.checks.paths import check_base
from frikommune.checks.smooth import later_bends, smooth_interval
from frikommune.compare import Path
from frikommune.compare.contrasts import Bools
from frikommune.errors import BadDesign
from frikommune.estimate import Floats, Ints
from frikommune.joint import placebo_paths

# Multiples of the largest change before that a change after may be: 1 is as bad as it ever was.
MAGNITUDES = (0.0, 0.5, 1.0, 1.5, 2.0)
_BENDS = (0.0, 0.5, 1.0)  # multiples of the sharpest bend seen before
_FIRST, _MOST, _NEAR = 1 / 64, 1024.0, 1e-4  # of the search for the breakdown
_TIE = 1e-9
_GRID, _FINE = 401, 101
_BEYOND = 6.0  # how many scales beyond the identified set nothing is accepted any more


@dataclass(frozen=True, slots=True)
class Bound:
    """What an effect can be when so much deviation is allowed.

    Attributes:
        allowed: The deviation allowed: a multiple of the largest change before, or a bend [unit a period squared].
        low: Lower end of the confidence set [unit of the outcome].
        high: Upper end.
        identified: The set that would remain if the path were known exactly, ends included; none where the path
            itself bends more than allowed.
    """

    allowed: float
    low: float
    high: float
    identified: tuple[float, float] | None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class HonestBounds:
    """The mean effect after the start, by how far the treated may have left the parallel path.

    Attributes:
        since: Periods since the start of the points used [points].
        moments: Their effects and the covariance of placebo paths.
        magnitudes: Sets when a change after may be a multiple of the largest change before.
        bends: Sets when the deviation may bend by so much from period to period; 0 is a straight line.
        breakdown: The smallest multiple at which zero can no longer be excluded; 0 when it never could.
        better: Which direction is good, 1 or -1.
        level: Confidence level.
    """

    since: Ints
    moments: Moments
    magnitudes: tuple[Bound, ...]
    bends: tuple[Bound, ...]
    breakdown: float
    better: float
    level: float

    def fault(self, margin: float) -> Reason | None:
        """Fail when what may be claimed falls with a deviation smaller than one seen before: see `Check`.

        That is the difference from zero where there is one, and otherwise that it is not worse than the margin.
        Where nothing can be claimed in the first place, nothing can fall.
        """
        falls = self._falls(margin)
        if not 0 < falls < 1:
            return None
        return Reason("breaks_down", (("breakdown", falls), ("margin", margin)))

    def passed(self, margin: float) -> Reason:
        """Say how much the conclusion stands, where there is one: see `Check`."""
        falls = self._falls(margin)
        return Reason("stands" if falls else "nothing_claimed", (("breakdown", falls), ("margin", margin)))

    def _falls(self, margin: float) -> float:
        return self.breakdown or breakdown(self.moments, -self.better * margin, level=self.level)

    def __repr__(self) -> str:
        sets = ", ".join(f"{each.allowed:g}: {each.low:+.4g} to {each.high:+.4g}" for each in self.magnitudes)
        return (
            f"HonestBounds at {self.level:.0%} on {self.since.size} points, multiples of the largest change before "
            f"({sets}); zero is excluded up to {self.breakdown:.2f}"
        )


def honest_bounds(path: Path, draws: int = 9999, seed: int = 1, *, level: float = 0.95) -> HonestBounds:
    """Bound the mean effect after the start by how far the treated may have left the parallel path.

    Two ways to bound the deviation: a change after the start is at most a multiple of the largest change before
    (relative magnitudes), or the deviation bends by at most so much from one period to the next (smoothness). The sets
    are those of Rambachan & Roth: conditional with a least-favourable first stage for the first, the shortest interval
    of fixed length for the second.

    Both take the path to be normal with a known covariance. Theirs comes from many clusters; with few treated it
    would be far too small, as for any clustered standard error. Here it is the covariance of placebo paths: sets of
    as many comparison units, so that what a few treated municipalities vary is in it. What it cannot mend is that a
    mean of one or two municipalities need not be normal, and that neighbours share shocks.

    Args:
        path: An event study from the last period before, without anticipation. Only points with every treated unit
            behind them are used, without a gap around the base.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        level: Confidence level.

    Returns:
        The sets, and the multiple at which the conclusion falls.

    Raises:
        BadDesign: The path has another base, anticipation, fewer than two points before it or none after with every
            treated unit behind them, or the placebos are too few for so many points.

    References:
        Rambachan & Roth (2023), Review of Economic Studies 90(5), 2555-2591; Andrews, Roth & Pakes (2023), Review of
        Economic Studies 90(6), 2763-2791; Armstrong & Kolesar (2020), Quantitative Economics 11(1), 1-39.
    """
    check_base(path)
    if path.design.anticipation:
        raise BadDesign("The path has periods of anticipation between base and start: make it without.")
    kept = _unbroken(path)
    since = path.since[kept]
    after = int((since >= 0).sum())
    spread = _spread(placebo_paths(path, draws, seed)[:, kept])
    moments = Moments(path.values[kept], spread, np.full(after, 1 / after))
    sharpest = float(np.abs(moments.bends).max())
    return HonestBounds(
        since=since,
        moments=moments,
        magnitudes=tuple(relative_magnitudes(moments, each, level=level) for each in MAGNITUDES),
        bends=tuple(smoothness(moments, each * sharpest, level=level) for each in _BENDS),
        breakdown=breakdown(moments, level=level),
        better=1.0 if path.panel.better == "higher" else -1.0,
        level=level,
    )


def relative_magnitudes(moments: Moments, allowed: float, *, level: float = 0.95) -> Bound:
    """Bound an effect when a change after the start is at most a multiple of the largest change before.

    Args:
        moments: The path.
        allowed: The multiple.
        level: Confidence level.

    Returns:
        The confidence set, from its lowest to its highest value, and the identified set.

    Raises:
        BadDesign: The multiple is below zero.

    References:
        Rambachan & Roth (2023): the restriction is their Delta-RM(M-bar), the set their C-LF hybrid.
    """
    _check_allowed(allowed)
    tested = cases(moments, allowed, level)
    slack = allowed * float(np.abs(moments.ahead).sum() * np.abs(moments.changes[0] @ moments.values).max())
    half = slack + _BEYOND * max(float(np.abs(1 / case.slope[:2]).max()) for case in tested)

    def kept(effects: Floats) -> Bools:
        return accepted(effects, tested, level)

    grid = np.linspace(moments.effect - half, moments.effect + half, _GRID)
    inside = np.flatnonzero(kept(grid))
    low = _edge(kept, grid[inside[0] - 1], grid[inside[0]])
    high = _edge(kept, grid[inside[-1] + 1], grid[inside[-1]])
    return Bound(allowed, low, high, (moments.effect - slack, moments.effect + slack))


def smoothness(moments: Moments, allowed: float, *, level: float = 0.95) -> Bound:
    """Bound an effect when the deviation bends by at most so much from one period to the next.

    Args:
        moments: The path.
        allowed: The bend [unit of the outcome a period squared]; 0 allows a straight line only.
        level: Confidence level.

    Returns:
        The shortest interval of fixed length, and the identified set.

    Raises:
        BadDesign: The bend is below zero.

    References:
        Rambachan & Roth (2023): the restriction is their Delta-SD(M), the interval their FLCI.
    """
    _check_allowed(allowed)
    low, high = smooth_interval(moments, allowed, level)
    if np.abs(moments.bends).max(initial=0.0) > allowed * (1 + _TIE):
        return Bound(allowed, low, high, None)
    times = np.arange(1, moments.target.size + 1)
    line = moments.effect + float(moments.target @ times) * float(moments.values[moments.before - 1])
    slack = allowed * float(np.abs(later_bends(moments.target)).sum())
    return Bound(allowed, low, high, (line - slack, line + slack))


def breakdown(moments: Moments, effect: float = 0.0, *, level: float = 0.95) -> float:
    """Return the smallest multiple of the largest change before at which an effect can no longer be excluded.

    Args:
        moments: The path.
        effect: The effect to be excluded [unit of the outcome].
        level: Confidence level.

    Returns:
        The multiple; 0 when the effect cannot be excluded even on a parallel path, infinite when always.
    """

    def kept(allowed: float) -> bool:
        return bool(accepted(np.array([effect]), cases(moments, allowed, level), level)[0])

    if kept(0.0):
        return 0.0
    high = _FIRST
    while not kept(high):
        high *= 2
        if high > _MOST:
            return np.inf
    low = high / 2 if high > _FIRST else 0.0
    while high - low > _NEAR * high:
        middle = (low + high) / 2
        low, high = (low, middle) if kept(middle) else (middle, high)
    return high


def _check_allowed(allowed: float) -> None:
    if not 0 <= allowed < np.inf:
        raise BadDesign(f"A deviation of {allowed:g} was to be allowed: zero or more was expected.")


def _spread(placebos: Floats) -> Floats:
    """Return the covariance of placebo paths [points x points].

    Raises:
        BadDesign: Some sum of the points does not vary: there are no more paths than points, or a point is the same in
            all of them.
    """
    spread = np.cov(placebos, rowvar=False)
    if np.linalg.matrix_rank(placebos - placebos.mean(axis=0)) < len(spread):
        raise BadDesign(
            f"{len(placebos)} placebo paths do not tell how {len(spread)} points vary together: choose a shorter "
            "window or longer periods, or add comparison units."
        )
    return spread


def _unbroken(path: Path) -> Ints:
    """Return the points around the base, without a gap, with every treated unit behind them [positions]."""
    treated = int(path.panel.treated.sum())
    whole = {int(e): at for at, (e, n) in enumerate(zip(path.since, path.treated, strict=True)) if n == treated}
    before: list[int] = []
    after: list[int] = []
    while -2 - len(before) in whole:
        before.append(whole[-2 - len(before)])
    while len(after) in whole:
        after.append(whole[len(after)])
    if len(before) < 2 or not after:  # noqa: PLR2004 - a bend takes two changes
        raise BadDesign(
            f"{len(before)} points before the base and {len(after)} from the start on have all {treated} treated units "
            "behind them: two before and one after were expected; widen the window."
        )
    return np.array([*before[::-1], *after])


def _edge(kept: Callable[[Floats], Bools], outside: float, inside: float) -> float:
    """Return where acceptance begins between a rejected and an accepted effect."""
    for _ in range(2):
        grid = np.linspace(outside, inside, _FINE)
        first = int(kept(grid).argmax())
        outside, inside = grid[max(first - 1, 0)], grid[first]
    return float(inside)
