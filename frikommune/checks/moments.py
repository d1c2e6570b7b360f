"""A path as its numbers: what stands before and after its base, and how they vary together."""

from dataclasses import dataclass

import numpy as np

from frikommune.errors import BadDesign
from frikommune.estimate import Floats


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Moments:
    """An event study and what is asked of it.

    Attributes:
        values: Effects without the base, whose effect is zero and which lies between before and after [points].
        spread: Their covariance [points x points].
        target: What each point after the base counts in the effect asked for [points after].
    """

    values: Floats
    spread: Floats
    target: Floats

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit."""
        size = self.values.size
        if self.spread.shape != (size, size) or not 0 < self.target.size < size or not self.target.any():
            raise BadDesign(
                f"{size} points, a covariance of shape {self.spread.shape} and a target of {self.target.size}: a "
                "square covariance, a target that is not all zero, and points before and after were expected."
            )

    @property
    def before(self) -> int:
        """How many points stand before the base."""
        return self.values.size - self.target.size

    @property
    def effect(self) -> float:
        """The effect asked for [unit of the outcome]."""
        return float(self.target @ self.values[self.before :])

    @property
    def ahead(self) -> Floats:
        """What each change after the base counts in the effect: all that comes after it [points after]."""
        return np.cumsum(self.target[::-1])[::-1]

    @property
    def changes(self) -> tuple[Floats, Floats]:
        """The changes from one period to the next, before and after, as sums over the path [changes x points]."""
        steps = np.diff(np.insert(np.eye(self.values.size), self.before, 0.0, axis=0), axis=0)
        return steps[: self.before], steps[self.before :]

    @property
    def bends(self) -> Floats:
        """How much the path bends at each inner period before the base [unit a period squared]."""
        return np.diff(np.append(self.values[: self.before], 0.0), n=2)

    def __repr__(self) -> str:
        return f"Moments: {self.before} points before the base and {self.target.size} after"
