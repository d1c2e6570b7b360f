"""How an answer of the official series came about, period by period."""

from collections.abc import Sequence
from dataclasses import dataclass

from frikommune.compare import event_study
from frikommune.joint import Band, simultaneous_band
from frikommune.official.answers import Answer


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """An answer, and the effect by periods since the start.

    Attributes:
        answer: The answer.
        band: The path and its placebos; its points after the start average to the answer's effect where the answer
            leaves no period out.
    """

    answer: Answer
    band: Band

    def __repr__(self) -> str:
        return f"History of {self.answer.indicator.key}: {self.band.path!r}"


def histories(answers: Sequence[Answer], *, draws: int = 999, seed: int = 1) -> tuple[History, ...]:
    """Follow the effect of every answer that shows one over time, from the mean of the periods before.

    Periods between the start and the answer's window are shown too: the trial may have begun in any of them. Answers in
    which no effect could be seen have none, so that none is read off a drawing.

    Args:
        answers: What the official series say.
        draws: Placebo paths to draw, at most.
        seed: Seed of the draws.
    """
    return tuple(History(each, _band(each, draws, seed)) for each in answers if not each.hidden)


def _band(answer: Answer, draws: int, seed: int) -> Band:
    panel, weights = answer.estimate.panel, answer.estimate.design.weights
    start = panel.periods[int(panel.start[panel.treated].min())]
    path = event_study(panel, answer.pre, (start, answer.post[1]), weights=weights, base="all")
    return simultaneous_band(path, draws, seed)
