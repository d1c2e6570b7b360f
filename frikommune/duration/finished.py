"""The mean over finished spells, and by how much theory says that it is wrong: for the box that warns of it."""

from dataclasses import dataclass

import numpy as np

from frikommune.cells import RiskTable
from frikommune.duration.curves import Floats
from frikommune.duration.outcomes import CellEstimates
from frikommune.errors import BadDesign


@dataclass(frozen=True, slots=True)
class Finished:
    """How wrong the mean over finished spells is.

    Attributes:
        mean: Mean length of the spells that were seen to end [weeks].
        theory: What that mean comes to when the spells follow the Kaplan-Meier curve of all of them and each entry
            period is seen for as long as it was [weeks].
        restricted: Restricted mean of all spells to the horizon [weeks].
        ended: Share of the spells that were seen to end.
        horizon: The horizon [weeks].
    """

    mean: float
    theory: float
    restricted: float
    ended: float
    horizon: int


def finished_mean(table: RiskTable) -> CellEstimates:
    """Average the spells of each cell that were seen to end: for showing how wrong that is.

    Args:
        table: The risk table.

    Returns:
        The means [weeks], with the variance of a mean; NaN where no spell ended.
    """
    ended, weeks = table.exits.sum(axis=1), np.arange(1, table.horizon + 1)
    n = ended.sum(axis=1)
    mean = np.divide(ended @ weeks, n, out=np.full(len(n), np.nan), where=n > 0)
    square = np.divide(ended @ weeks**2, n, out=np.full(len(n), np.nan), where=n > 0)
    return CellEstimates(
        value=mean,
        var=np.divide(square - mean**2, n, out=np.full(len(n), np.nan), where=n > 0),
        n=n,
        cells=table.cells,
        outcome="mean weeks of finished spells",
        measured_in="weeks",
        cut={},
        horizon=table.horizon,
    )


def finished_by_theory(surviving: Floats, seen: Floats) -> float:
    """Return the mean length of spells that end while they are seen: the truth, cut off where the data end.

    With f(w) the share of spells that end in week w and G(w) the share that is seen for at least w weeks it is
    sum w f(w) G(w) / sum f(w) G(w). Long spells are seen to end too rarely, so that it is below the mean.

    Args:
        surviving: Share still in after each week, from week 0 [weeks + 1].
        seen: Share seen for at least 1, 2, ... weeks [weeks].

    References:
        Kalbfleisch, J. D. & Lawless, J. F. (1989). Inference based on retrospective ascertainment: an analysis of the
        data on transfusion-related AIDS. Journal of the American Statistical Association 84, 360-372, section 2: the
        law of a duration given that it ended before the data did.
    """
    ending = -np.diff(surviving) * seen
    return float(ending @ np.arange(1, len(ending) + 1) / ending.sum())


def finished(table: RiskTable, *, weeks: int = 52) -> Finished:
    """Hold the mean over finished spells against the restricted mean of all of them, cells summed.

    Args:
        table: The risk table, to as many weeks as spells were seen to end in.
        weeks: Horizon of the restricted mean.

    Raises:
        BadDesign: No spell ended, or nobody is followed to the horizon.
    """
    everybody = table.pooled("entry")
    pooled = _pooled(everybody)
    reach = int(np.isfinite(pooled).sum()) - 1
    ended = everybody.exits.sum(axis=1)
    if not ended.any() or reach < weeks:
        raise BadDesign(f"No spell is followed for {weeks} weeks, or none ended: choose a nearer horizon.")
    entered = everybody.n[:, None]
    parts = -np.diff(pooled[: reach + 1]) * entered * still_seen(everybody)[:, :reach]
    length = np.arange(1, reach + 1)
    lasted = np.arange(1, everybody.horizon + 1)
    return Finished(
        mean=float((ended @ lasted).sum() / ended.sum()),
        theory=float((parts @ length).sum() / parts.sum()),
        restricted=float(pooled[:weeks].sum()),
        ended=float(ended.sum() / everybody.n.sum()),
        horizon=weeks,
    )


def still_seen(table: RiskTable) -> Floats:
    """Return the share of each cell's spells that is seen for at least 1, 2, ... weeks [cells x weeks].

    By Kaplan and Meier with the roles turned: censoring is what happens, and exits end the observation of it. Exits
    come first in a week, so that a spell censored with week w was seen for all of it.

    Args:
        table: The risk table.
    """
    open_ = table.at_risk - table.exits.sum(axis=1)
    stays = 1 - np.divide(table.censored, open_, out=np.zeros(open_.shape), where=open_ > 0)
    return np.cumprod(np.concatenate([np.ones((len(stays), 1)), stays[:, :-1]], axis=1), axis=1)


def _pooled(table: RiskTable) -> Floats:
    at_risk, ended = table.at_risk.sum(axis=0), table.exits.sum(axis=(0, 1))
    hazard = np.divide(ended, at_risk, out=np.full(len(ended), np.nan), where=at_risk > 0)
    inside = np.concatenate([[1.0], np.cumprod(1 - hazard)])
    # Once everybody is out they stay out, though nobody is at risk any more.
    gone: Floats = np.where(np.cumsum(inside == 0) > 0, 0.0, inside)
    return gone
