"""What other choices, and other numbers of municipalities, would have given for an answer of the official series."""

from collections.abc import Sequence
from dataclasses import dataclass

from frikommune.checks import SpecificationCurve, specification_curve
from frikommune.estimate import Span
from frikommune.official.answers import Answer
from frikommune.panel import Panel
from frikommune.power import Reach, reaches


@dataclass(frozen=True, slots=True, repr=False)
class Alternatives:
    """An answer with what stands around it.

    Attributes:
        answer: The answer.
        curve: The effect by every combination of choices; its panels are called "national" and "regional".
        reaches: What the same design would see with other numbers of municipalities.
    """

    answer: Answer
    curve: SpecificationCurve
    reaches: tuple[Reach, ...]

    def __repr__(self) -> str:
        return f"Alternatives to {self.answer.indicator.key}: {self.curve!r}"


def alternatives(answers: Sequence[Answer], *, draws: int = 999, seed: int = 1) -> Alternatives | None:
    """Ask the first series that shows an effect again, by every other choice and with other numbers of municipalities.

    The choices are: all clean municipalities of the country or of the region (where it has as many others as take part,
    so that placebos can be drawn), all periods of each window or its later
    half, people or municipalities equal, measured from the mean before or from the last period before.

    Args:
        answers: What the official series say.
        draws: Placebo assignments for each comparison, at most.
        seed: Seed of the draws.

    Returns:
        The alternatives; none where no series shows an effect.
    """
    answer = next((each for each in answers if not each.hidden), None)
    if answer is None:
        return None
    national = answer.estimate.panel
    curve = specification_curve(
        {"national": national} | _regional(answer),
        pre=_windows(answer.pre, national.periods),
        post=_windows(answer.post, national.periods),
        draws=draws,
        seed=seed,
    )
    return Alternatives(answer, curve, reaches(answer.estimate, seed=seed))


def _regional(answer: Answer) -> dict[str, Panel]:
    if answer.local is None:
        return {}
    panel = answer.local.estimate.panel
    return {"regional": panel} if 2 * panel.treated.sum() <= len(panel.units) else {}


def _windows(ends: Span, periods: Sequence[object]) -> tuple[Span, ...]:
    """Return a window and its later half."""
    inside = [str(each) for each in periods if str(ends[0]) <= str(each) <= str(ends[1])]
    return tuple(dict.fromkeys([ends, (inside[len(inside) // 2], ends[1])]))
