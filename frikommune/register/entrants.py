"""Who enters: whether they are enough to show anything of, and whether the trial changed how many they are."""

from dataclasses import replace

import numpy as np

from frikommune.disclosure import Rule
from frikommune.errors import BadDesign
from frikommune.estimate import Floats, Span
from frikommune.panel import Panel

TOLERATED = 10.0  # per cent by which the number who enter may change: ours, fixed before anything was estimated


def people(panel: Panel, span: Span) -> Floats:
    """Return how many persons or spells entered in each unit from one period to another [units].

    Args:
        panel: The panel.
        span: First and last period.
    """
    inside = np.array([span[0] <= each <= span[1] for each in panel.periods])
    found: Floats = np.nansum(panel.n[:, inside], axis=1)
    return found


def enough(panel: Panel, *sides: Span) -> Panel:
    """Return the panel, where enough of the participants' persons stand on each side for an effect to be shown.

    Args:
        panel: The panel.
        sides: First and last period of each side.

    Raises:
        BadDesign: Fewer do than a table may show.
    """
    least = Rule().threshold
    if any(people(panel, side)[panel.treated].sum() < least for side in sides):
        raise BadDesign(f"Fewer than {least} persons of the participants were seen before or after the start: too few.")
    return panel


def entrants(panel: Panel, before: Span) -> Panel:
    """Return how many enter [per cent of each unit's mean period before], in the units and periods of a panel.

    Args:
        panel: The panel, whose `n` are those who enter.
        before: First and last period before the start.
    """
    periods = sum(before[0] <= each <= before[1] for each in panel.periods)
    usual = (people(panel, before) / periods)[:, None]
    n = np.nan_to_num(panel.n)
    share = np.divide(100 * n, usual, out=np.full(n.shape, np.nan), where=usual > 0)
    # A quarter in which nobody enters is seen to be empty: it counts, with the weight of one person.
    counted = np.maximum(n, 1)
    none = np.full(n.shape, np.nan)
    return replace(panel, Y=share, n=counted, var=none, outcome="entrants", measured_in="per cent")
