"""What every check gives: a number, and a reason where the comparison fails it."""

from dataclasses import dataclass
from typing import Protocol

from frikommune.estimate import Estimate, Floats
from frikommune.inference import Inference

# A change this unlikely among placebos counts as one, however small.
ALARM = 0.05


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is said.

    Attributes:
        key: Name of the sentence that says it.
        numbers: The numbers in that sentence [unit of the outcome, counts or p-values].
    """

    key: str
    numbers: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.numbers)
        return f"{self.key.replace('_', ' ')} ({numbers})" if numbers else self.key.replace("_", " ")


class Check(Protocol):
    """Something that a comparison must pass before its effect may be read."""

    def fault(self, margin: float) -> Reason | None:
        """Return why the comparison fails, or none.

        Args:
            margin: The largest change that would not matter [unit of the outcome].
        """
        ...

    def passed(self, margin: float) -> Reason:
        """Return what the check shows where it finds no fault.

        Args:
            margin: As for `fault`.
        """
        ...


def told(check: Check, margin: float) -> Reason:
    """Return what a check says, its number in it: why the comparison fails, or what speaks for it.

    Args:
        check: The check.
        margin: The largest change that would not matter [unit of the outcome].
    """
    return check.fault(margin) or check.passed(margin)


def moved(estimate: Estimate, inference: Inference, margin: float, *, surely: str, possibly: str) -> Reason | None:
    """Return why something that should not have moved may have; none when it did not.

    Args:
        estimate: How far it moved.
        inference: How that stands among its placebos.
        margin: The largest move that would not matter.
        surely: Key of the reason when placebos do not move that far.
        possibly: Key of the reason when they do, but the move is larger than the margin.
    """
    if abs(estimate.value) <= margin and inference.p > ALARM:
        return None
    return Reason(surely if inference.p <= ALARM else possibly, how_far(estimate, inference, margin))


def how_far(estimate: Estimate, inference: Inference, margin: float) -> tuple[tuple[str, float], ...]:
    """Return the numbers of something that should not have moved."""
    return ("drift", estimate.value), ("p", inference.p), ("margin", margin)


def carried(estimate: Estimate) -> Floats:
    """Return the share of the comparison that each unit carries [units]; zero for the treated, or where there is none.

    A design's weights in a comparison unit are minus what it counts times the treated units' contrast; with one start
    their sizes are in proportion to what it counts.
    """
    size = abs(estimate.weights).sum(axis=1) * ~estimate.panel.treated
    return size / size.sum() if size.any() else size
