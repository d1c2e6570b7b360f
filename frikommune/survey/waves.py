"""An early round against the final one."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from frikommune.errors import BadData
from frikommune.survey.responses import Responses
from frikommune.survey.shares import influence, spread


@dataclass(frozen=True, slots=True)
class Change:
    """How the share that agrees moved from one round to a later one. A change in opinion, never an effect.

    Attributes:
        value: Later less earlier share.
        low: Lower end of the interval; NaN with fewer than two municipalities.
        high: Upper end.
        se: Standard error by linearisation.
        places: Municipalities with answers in either round.
        both: Respondents who answered in both rounds.
        level: Confidence level.
    """

    value: float
    low: float
    high: float
    se: float
    places: int
    both: int
    level: float = 0.95


def change(early: Responses, late: Responses, *, level: float = 0.95) -> Change:
    """Compare two rounds of one question to one group.

    Municipalities are the clusters of both rounds at once, so that what they share, or the same persons asked again,
    does not count twice.

    Args:
        early: The earlier round.
        late: The later round.
        level: Confidence level.

    Raises:
        BadData: The rounds differ in question, trial or role, or nobody answered in one of them.
    """
    if (early.item, early.trial, early.role) != (late.item, late.trial, late.role):
        raise BadData("The two rounds differ in question, trial or role: the same of each were expected.")
    if not early.answered.any() or not late.answered.any():
        raise BadData(f"Nobody answered {early.item.key} in one of the rounds {early.wave} and {late.wave}.")
    parts = [influence(each.agrees, each.weight, each.answered) for each in (early, late)]
    values = [np.average(each.agrees[each.answered], weights=each.weight[each.answered]) for each in (early, late)]
    places = len(np.union1d(early.place[early.answered], late.place[late.answered]))
    several = places > 1
    se = spread(np.concatenate([-parts[0], parts[1]]), np.concatenate([early.place, late.place])) if several else np.nan
    far = float(stdtrit(places - 1, (1 + level) / 2)) * se if several else np.nan
    value = float(values[1] - values[0])
    both = len(np.intersect1d(early.respondent[early.answered], late.respondent[late.answered]))
    return Change(value, value - far, value + far, se, places, both, level)
