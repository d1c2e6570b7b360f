"""What a design could have seen, and how many municipalities it would take."""

import numpy as np

from frikommune.estimate import Estimate
from frikommune.inference import DETECTABLE, draw_sets

MOST = 40  # municipalities to try, at most
_DRAWS = 1999


def municipalities_needed(estimate: Estimate, effect: float, *, most: int = MOST, seed: int = 1) -> int | None:
    """Return how many municipalities the same design would need to see an effect, or none when `most` do not suffice.

    Placebo sets of growing size are drawn from the comparison units, all with the earliest start; the design sees
    an effect with 80 % power when it is 2.8 times the standard deviation of their effects.

    Args:
        estimate: The design and panel.
        effect: The effect worth seeing [unit of the outcome].
        most: The largest number to try.
        seed: Seed of the draws.
    """
    start = np.array([estimate.panel.start.min()])
    usable = ~estimate.panel.treated & estimate.design.complete(estimate.panel, start)
    panel = estimate.panel.take(usable)
    for size in range(1, min(most, len(panel.units) // 2) + 1):
        units = draw_sets(len(panel.units), size, draws=_DRAWS, seed=seed)
        effects = estimate.design.replay(panel, units, np.repeat(start, size))
        if DETECTABLE * effects.std(ddof=1) <= effect:
            return size
    return None
