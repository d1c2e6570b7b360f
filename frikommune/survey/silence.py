"""Those who did not answer: how many, what they may have thought, and what weighting them in does."""

from dataclasses import dataclass

import numpy as np

from frikommune.survey.responses import Responses
from frikommune.survey.shares import Share, korn_graubard, linearised


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the invited answered.

    Attributes:
        answered: Answers on the scale.
        invited: Persons asked; none when it is not known who was.
        weighted: The share that answered, by weight; NaN when it is not known.
    """

    answered: int
    invited: int | None
    weighted: float

    @property
    def share(self) -> float:
        """The share that answered; NaN when it is not known who was invited."""
        return self.answered / self.invited if self.invited else float("nan")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The share that agrees among all who were invited, whatever the silent think.

    Attributes:
        worst: The share if none of the silent agree.
        best: The share if all of them do.
        low: Lower end of the interval of the worst.
        high: Upper end of the interval of the best: together they hold the share with at least the level.
    """

    worst: float
    best: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reweighted:
    """The share that agrees when those who answered stand for the silent of their municipality.

    Attributes:
        share: The share.
        lost: Municipalities where nobody answered: nobody stands for them.
        lost_weight: The share of the invited that live there, by weight.
    """

    share: Share
    lost: tuple[int, ...]
    lost_weight: float


def response_rate(given: Responses) -> Rate:
    """Return how many of the invited answered the question."""
    answered = int(given.answered.sum())
    if not given.known:
        return Rate(answered, None, float("nan"))
    return Rate(answered, len(given.place), float(given.weight[given.answered].sum() / given.weight.sum()))


def worst_case(given: Responses, *, level: float = 0.95) -> Bounds | None:
    """Bound the share that agrees among all who were invited, supposing nothing about the silent.

    Returns:
        None when it is not known who was invited: then nothing bounds it.

    References:
        Manski (1989), Journal of Human Resources 24(3), 343-360.
    """
    if not given.known:
        return None
    everybody = np.ones(len(given.place), dtype=bool)
    worst = linearised(given.agrees, given.weight, given.place, everybody)
    best = linearised(np.where(given.answered, given.agrees, 1.0), given.weight, given.place, everybody)
    n, places = len(given.place), len(np.unique(given.place))
    low, _ = korn_graubard(*worst, n, places, level=level)
    _, high = korn_graubard(*best, n, places, level=level)
    return Bounds(worst[0], best[0], low, high)


def reweighted(given: Responses, *, level: float = 0.95) -> Reweighted | None:
    """Weight those who answered by the inverse of their municipality's response rate.

    Right when, within a municipality, who answers has nothing to do with what they think. It mends what differs between
    municipalities and nothing else; the municipality is all that the table knows of the silent.

    Returns:
        None when it is not known who was invited. The interval takes the rates as known.

    References:
        Little & Rubin (2019), Statistical Analysis with Missing Data, 3rd ed., section 3.3 (weighting classes).
    """
    if not given.known:
        return None
    places, at = np.unique(given.place, return_inverse=True)
    all_of, answered = (np.bincount(at, weights=given.weight * part) for part in (1.0, given.answered))
    factor = np.divide(all_of, answered, out=np.zeros(len(places)), where=answered > 0)
    value, se = linearised(given.agrees, given.weight * factor[at], given.place, given.answered)
    n, there = int(given.answered.sum()), int((answered > 0).sum())
    share = Share(value, *korn_graubard(value, se, n, there, level=level), se, n, there, level)
    lost = tuple(int(each) for each in places[answered == 0])
    return Reweighted(share, lost, float(all_of[answered == 0].sum() / all_of.sum()))
