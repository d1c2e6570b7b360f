"""Weighted shares and means with the interval that the design allows: municipalities are the clusters.

Persons in one municipality share its job centre: they are no independent answers. With few municipalities the
interval is wide, and that is right.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit  # `scipy.stats` takes a second and 60 MB to load

from frikommune.survey.responses import Flags, Floats, Responses


@dataclass(frozen=True, slots=True)
class Share:
    """A weighted share or mean.

    Attributes:
        value: The share, or the mean on the scale; NaN where nobody answered.
        low: Lower end of the interval; NaN where there are fewer than two municipalities with answers.
        high: Upper end.
        se: Standard error by linearisation; NaN as above.
        n: Answers behind it.
        places: Municipalities with answers.
        level: Confidence level.
    """

    value: float
    low: float
    high: float
    se: float
    n: int
    places: int
    level: float = 0.95


def agreement(given: Responses, *, level: float = 0.95) -> Share:
    """Return the share of the answers that agree.

    Args:
        given: The answers.
        level: Confidence level.

    Returns:
        The share with its Korn-Graubard interval, whose effective number of answers is never above the number.
    """
    return _share(given, given.agrees, level)


def shares(given: Responses, *, level: float = 0.95) -> tuple[Share, ...]:
    """Return the share of every answer of the scale, from least to most."""
    return tuple(
        _share(given, (given.answer == at).astype(np.float64), level) for at in range(len(given.item.scale.answers))
    )


def mean_score(given: Responses, *, level: float = 0.95) -> Share:
    """Return the mean of the answers as numbers from 1 up; its t-interval has municipalities - 1 degrees of freedom."""
    value, se = linearised(given.score, given.weight, given.place, given.answered)
    n, places = int(given.answered.sum()), _places(given)
    far = float(stdtrit(places - 1, (1 + level) / 2)) * se if places > 1 else np.nan
    return Share(value, value - far, value + far, se, n, places, level)


def linearised(y: Floats, weight: Floats, cluster: NDArray[np.int64], among: Flags) -> tuple[float, float]:
    """Return a weighted mean over a domain, and its standard error by Taylor linearisation.

    Args:
        y: Values [persons].
        weight: Persons that each stands for [persons].
        cluster: Cluster of each [persons]; one without anybody in the domain counts with 0.
        among: Who is in the domain [persons].

    Returns:
        Both NaN for an empty domain; the error NaN where fewer than two clusters have anybody in it.

    References:
        Woodruff (1971), Journal of the American Statistical Association 66(334), 411-414; as `svymean` of the R
        package survey with clusters drawn with replacement.
    """
    total = weight[among].sum()
    if not total:
        return np.nan, np.nan
    value = float((weight[among] * y[among]).sum() / total)
    if len(np.unique(cluster[among])) < 2:  # noqa: PLR2004
        return value, np.nan
    z = influence(y, weight, among)
    return value, spread(z, cluster)


def influence(y: Floats, weight: Floats, among: Flags) -> Floats:
    """Return what each person moves a weighted mean over a domain by [persons]; 0 outside it."""
    total = weight[among].sum()
    value = (weight[among] * y[among]).sum() / total
    return np.where(among, weight * (np.where(among, y, 0.0) - value) / total, 0.0)


def spread(z: Floats, cluster: NDArray[np.int64]) -> float:
    """Return the standard error of a sum of influences, clusters drawn with replacement."""
    _, at = np.unique(cluster, return_inverse=True)
    sums = np.bincount(at, weights=z)
    m = len(sums)
    return float(np.sqrt(m / (m - 1) * ((sums - sums.mean()) ** 2).sum()))


def korn_graubard(value: float, se: float, n: int, places: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share from its effective number of answers.

    Args:
        value: The share.
        se: Its standard error.
        n: Answers.
        places: Clusters with answers.
        level: Confidence level.

    Returns:
        Both NaN with fewer than two clusters. At a share of 0 or 1 the spread between clusters is not seen: the
        effective number is then that of the answers, brought down for the few clusters.

    References:
        Korn & Graubard (1998), Survey Methodology 24(2), 193-201; its number cut at n as by the National Center for
        Health Statistics, Vital and Health Statistics 2(175), 2017.
    """
    if places < 2 or np.isnan(value):  # noqa: PLR2004
        return np.nan, np.nan
    tail = (1 - level) / 2
    effective = n if se == 0 else value * (1 - value) / se**2
    few = (stdtrit(n - 1, tail) / stdtrit(places - 1, tail)) ** 2
    size = min(effective * few, n) if se > 0 else n * few
    k = value * size
    low = float(betaincinv(k, size - k + 1, tail)) if value > 0 else 0.0
    high = float(betaincinv(k + 1, size - k, 1 - tail)) if value < 1 else 1.0
    return low, high


def _share(given: Responses, y: Floats, level: float) -> Share:
    value, se = linearised(y, given.weight, given.place, given.answered)
    n, places = int(given.answered.sum()), _places(given)
    low, high = korn_graubard(value, se, n, places, level=level)
    return Share(value, low, high, se, n, places, level)


def _places(given: Responses) -> int:
    return len(np.unique(given.place[given.answered]))
