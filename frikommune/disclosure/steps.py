"""Survival curves for a page: made so coarse that every step is made by enough persons."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frikommune.disclosure.nouns import Rule
from frikommune.errors import BadData

_DECIMALS = 3  # finer ones tell, with the number at the start, how many were censored between two steps
_DEFAULT = Rule()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ReleasedCurve:
    """A survival curve that has passed disclosure control.

    Attributes:
        weeks: Weeks since entry at which it steps, 0 first [steps + 1].
        surviving: Share still in after each, to three decimals [steps + 1].
        out: Share out by each, by way out, to three decimals [ways out x (steps + 1)].
        start: Persons at risk at the start.
        rule: What was asked for.
    """

    weeks: NDArray[np.int64]
    surviving: NDArray[np.float64]
    out: NDArray[np.float64]
    start: int
    rule: Rule
    _seal: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("A curve is released by frikommune.release_curve alone.")

    def __repr__(self) -> str:
        return f"ReleasedCurve: {len(self.weeks) - 1} steps, {len(self.out)} ways out"


_SEAL = object()


def release_curve(at_risk: ArrayLike, exits: ArrayLike, *, rule: Rule = _DEFAULT) -> ReleasedCurve:
    """Estimate Kaplan-Meier and Aalen-Johansen week by week, and keep only weeks between which enough have left.

    A step is kept when, since the one before, each way out was taken by nobody or by at least the threshold, and when
    nobody or at least the threshold is still at risk after it. The curve ends with the last step kept.

    Args:
        at_risk: Persons at risk in each week since entry, the first week first [weeks].
        exits: Persons who left in each week, by way out [ways out x weeks], or all together [weeks].
        rule: Its threshold.

    Raises:
        BadData: The numbers do not fit each other, are no whole numbers from 0, or fewer than the threshold start.

    References:
        Aalen & Johansen (1978), Scandinavian Journal of Statistics 5, 141-150.
    """
    risk, left = np.asarray(at_risk, dtype=float), np.atleast_2d(np.asarray(exits, dtype=float))
    if risk.ndim != 1 or left.ndim != 2 or left.shape[1] != len(risk) or not len(risk):  # noqa: PLR2004
        raise BadData("A curve takes the persons at risk in each week, and those who left in the same weeks.")
    if not all((np.isfinite(each) & (each >= 0) & (each == np.floor(each))).all() for each in (risk, left)):
        raise BadData("A curve is released from whole numbers of persons from 0: others were given.")
    if (left.sum(axis=0) > risk).any() or (np.diff(risk) > -left.sum(axis=0)[:-1]).any():
        raise BadData("More persons left than were at risk, or more are at risk than stayed: check the risk table.")
    if risk[0] < rule.threshold:
        raise BadData(f"Fewer than {rule.threshold} persons are at risk at the start: no curve of them is shown.")
    surviving, out = _curves(risk, left)
    kept = [0, *_kept(risk, left, rule.threshold)]
    return ReleasedCurve(
        np.array(kept), surviving[kept].round(_DECIMALS), out[:, kept].round(_DECIMALS), int(risk[0]), rule, _SEAL
    )


def _curves(risk: NDArray[np.float64], left: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share in after each week and out by each way, from week 0 on."""
    hazard = np.divide(left, risk, out=np.zeros_like(left), where=risk > 0)
    surviving = np.concatenate([[1.0], np.cumprod(1 - hazard.sum(axis=0))])
    out = np.cumsum(hazard * surviving[:-1], axis=1)
    return surviving, np.hstack([np.zeros((len(left), 1)), out])


def _kept(risk: NDArray[np.float64], left: NDArray[np.float64], threshold: int) -> list[int]:
    kept: list[int] = []
    since = np.zeros(len(left))
    stayed = risk - left.sum(axis=0)
    for week in range(len(risk)):
        since = since + left[:, week]
        enough = ((since == 0) | (since >= threshold)).all() and since.sum() > 0
        if enough and (stayed[week] == 0 or stayed[week] >= threshold):
            kept.append(week + 1)
            since = np.zeros(len(left))
    return kept
