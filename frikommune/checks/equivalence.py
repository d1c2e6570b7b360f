"""Drift before the trial as an equivalence test: how small a drift do the data rule out?"""

from dataclasses import dataclass

import numpy as np

from frikommune.checks.nouns import Reason
from frikommune.checks.paths import check_base, points_before
from frikommune.compare import Path
from frikommune.estimate import Floats
from frikommune.joint import placebo_paths


@dataclass(frozen=True, slots=True)
class Violation:
    """One way to sum up how far the treated were from parallel before the trial.

    Attributes:
        value: What was found [unit of the outcome].
        least: The smallest margin within which it is shown to lie [unit of the outcome]; infinite where the placebos
            are too few.
    """

    value: float
    least: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Equivalence:
    """Whether the time before is shown to be as good as parallel.

    Attributes:
        path: The path whose points before the start are summed up.
        largest: The largest deviation of any period.
        mean: The mean deviation, in absolute value; deviations to both sides cancel.
        rms: The root mean square of the deviations.
        placebos: Placebo assignments behind it.
        level: Confidence level.
        unseen: Treated units with one period before, their base: nothing is known of their drift.
    """

    path: Path
    largest: Violation
    mean: Violation
    rms: Violation
    placebos: int
    level: float
    unseen: tuple[object, ...] = ()

    def fault(self, margin: float) -> Reason | None:
        """Fail unless every period before is shown to deviate by less than the margin: see `Check`."""
        if self.largest.least <= margin:
            return None
        found = (("drift", self.largest.value), ("least", self.largest.least), ("margin", margin))
        return Reason("drift_not_excluded", found)

    def passed(self, margin: float) -> Reason:
        """Say how small a drift is shown: see `Check`."""
        return Reason(
            "drift_excluded", (("drift", self.largest.value), ("least", self.largest.least), ("margin", margin))
        )

    def __repr__(self) -> str:
        each = (("largest", self.largest), ("mean", self.mean), ("rms", self.rms))
        said = ", ".join(f"{name} {one.value:.4g} shown within {one.least:.4g}" for name, one in each)
        without = f"; {len(self.unseen)} treated units have no drift to be seen" if self.unseen else ""
        return f"Equivalence at {self.level:.0%}: {said} ({self.placebos} placebo paths{without})"


def equivalence(path: Path, draws: int = 9999, seed: int = 1, *, level: float = 0.95) -> Equivalence:
    """Test whether the treated were as good as parallel to the comparison before the trial.

    The burden of proof is turned round: that a drift is not significant shows nothing where the placebos spread
    widely, so a drift counts as excluded only when one as large as the margin would have shown. The hypotheses are
    Dette & Schumann's (3.1) to (3.3). Their critical value is the quantile of a folded normal distribution whose
    variance comes from many persons, (4.4) for each period and (4.12) for the mean; here the placebo assignments
    themselves stand in its place, because the trial was given to a few municipalities. The largest deviation is within
    the margin when each period's is (intersection-union), which errs on the safe side when periods are many. For the
    root mean square their subsamples of persons cannot be had from a few municipalities: as in their bootstrap of the
    maximum (Theorem 1) the path is scaled to the edge of the hypothesis, and the placebo paths are added to it.

    Treated units of which one period before is seen have no drift that could be; they are left out and named.

    Args:
        path: An event study from the last period before.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        level: Confidence level.

    Returns:
        The three deviations, each with the smallest margin within which it is shown to lie.

    Raises:
        BadDesign: The path's base is not the last period, nothing else stands before, or the placebos are too few.

    References:
        Dette & Schumann (2024), Journal of Business & Economic Statistics, doi:10.1080/07350015.2024.2308121.
    """
    check_base(path)
    before = points_before(path)
    seen = path.behind[before].any(axis=0)
    unseen = np.flatnonzero(path.panel.treated)[~seen]
    # The points before stand where they did: these units are behind none of them.
    past = path.design(path.panel.take(np.setdiff1d(np.arange(len(path.panel.units)), unseen))) if unseen.size else path
    found, placebos = past.values[before], placebo_paths(past, draws, seed, of="before")[:, before]
    largest = max(least_folded(one, noise, level) for one, noise in zip(found, placebos.T, strict=True))
    mean = float(found.mean())
    return Equivalence(
        path=path,
        largest=Violation(float(np.abs(found).max()), largest),
        mean=Violation(abs(mean), least_folded(mean, placebos.mean(axis=1), level)),
        rms=Violation(float(np.sqrt((found**2).mean())), least_rms(found, placebos, level)),
        placebos=len(placebos),
        level=level,
        unseen=tuple(path.panel.units[row] for row in unseen),
    )


def least_folded(value: float, placebos: Floats, level: float) -> float:
    """Return the smallest margin within which a number is shown to lie, to either side of zero.

    A margin d is not shown while the placebos moved by d, to the side where it is harder, lie within the value more
    often than 1 - level.

    Args:
        value: What was found.
        placebos: What placebo assignments give [assignments].
        level: Confidence level.

    References:
        Dette & Schumann (2024), equations (4.4) and (4.12).
    """
    size = abs(value)
    return max(_least(-size - noise, size - noise, level) for noise in (placebos, -placebos))


def least_rms(values: Floats, placebos: Floats, level: float) -> float:
    """Return the smallest margin within which the root mean square of a path is shown to lie.

    Never less than what was found: placebos that are all longer than the path say that it is short among them, not that
    it is shorter than it is.

    Args:
        values: The path [points].
        placebos: Placebo paths [assignments x points].
        level: Confidence level.

    References:
        Dette & Schumann (2024), hypothesis (3.3).
    """
    size = float(np.sqrt((values**2).mean()))
    if size == 0:
        return 0.0
    along, square = (placebos * values / size).mean(axis=1), (placebos**2).mean(axis=1)
    inside = along**2 - square + size**2  # where the moved placebo path is as short as the one found
    reached = inside >= 0
    root = np.sqrt(inside[reached])
    return max(size, _least(-along[reached] - root, -along[reached] + root, level, out_of=len(placebos)))


def _least(lows: Floats, highs: Floats, level: float, *, out_of: int | None = None) -> float:
    """Return the largest margin at which more than 1 - level of the placebos, the real one counted, are as small.

    Each placebo is as small as what was found for margins between a low and a high.
    """
    count = lows.size if out_of is None else out_of
    allowed = np.floor((1 - level) * (1 + count) + 1e-9) - 1
    if allowed < 0:
        return np.inf
    lows, highs = np.sort(lows), np.sort(highs)
    as_small = np.arange(highs.size, 0, -1) - (lows.size - np.searchsorted(lows, highs, side="right"))
    kept = highs[as_small > allowed]
    return float(max(kept.max(), 0.0)) if kept.size else 0.0
