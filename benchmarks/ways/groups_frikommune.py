"""Group-time effects and 999 multiplier draws clustered by municipality, from cells.

A person's influence on ATT(g, t) is a deviation from a group's mean in a month, and the draws multiply the sums over a
municipality's persons: those sums are n times the municipality's own deviation, so the cells hold all that is needed
(Callaway & Sant'Anna 2021, theorem 2 and algorithm 1, for repeated cross-sections without covariates).
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from frikommune import Panel, cells, panel_of

DRAWS = 999


def answer(path: Path) -> dict[str, list[float]]:
    """Return ATT(g, t) for every group and month, and its error from the draws."""
    starts = dict(pq.read_table(path.with_name("starts.parquet")).to_pandas().itertuples(index=False))
    counted = cells(path, outcomes={"y": "y"}, period="month", no_cache=True)
    effects, influence = group_time(panel_of(counted, "y", starts=starts))
    draws = np.random.default_rng(1).choice([-1.0, 1.0], (DRAWS, len(influence))) @ influence
    low, high = np.quantile(draws, [0.25, 0.75], axis=0)
    return {"value": effects.tolist(), "error": ((high - low) / 1.3489795003921634).tolist()}


def group_time(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return ATT(g, t) [groups x months but the first] and the sums of influences [units x the same]."""
    never = len(panel.periods)
    groups = [int(each) for each in np.unique(panel.start) if each < never]
    mean, share = _of(panel, groups), _of(panel, [never])
    effects, influence = [], []
    for at in range(len(groups)):
        for t in range(1, never):
            base = groups[at] - 1 if t >= groups[at] else t - 1
            (y, own), (y_0, other) = (mean[0][at], mean[1][at]), (share[0][0], share[1][0])
            effects.append((y[t] - y[base]) - (y_0[t] - y_0[base]))
            influence.append((own[:, t] - own[:, base]) - (other[:, t] - other[:, base]))
    return np.array(effects), np.array(influence).T


def _of(panel: Panel, starts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of groups [groups x months] and each unit's influence on them [groups x units x months].

    Args:
        panel: The panel.
        starts: The start of each group.
    """
    member = np.array([panel.start == each for each in starts], float)
    people = member[:, :, None] * panel.n
    mean = (people * panel.Y).sum(axis=1) / people.sum(axis=1)
    return mean, people * (panel.Y - mean[:, None]) / people.sum(axis=1)[:, None]
