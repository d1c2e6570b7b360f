"""Threshold rules: what happens to those just above a limit, compared with those just below."""

from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from typing import Any

import numpy as np

from frikommune.errors import BadDesign
from frikommune.estimate import Floats

_FEWEST = 20  # persons on each side: rdrobust refuses fewer


@dataclass(frozen=True, slots=True)
class Threshold:
    """The jump of the outcome at a limit.

    Attributes:
        value: The jump, by local linear regression [unit of the outcome].
        low: Lower end of the robust bias-corrected interval [unit of the outcome].
        high: Upper end of it.
        p: Robust p-value.
        bandwidth: How far from the limit persons are used [unit of the running variable].
        below: Persons used below the limit.
        above: Persons used at or above it.
        level: Confidence level.
    """

    value: float
    low: float
    high: float
    p: float
    bandwidth: float
    below: int
    above: int
    level: float


def threshold(
    outcome: Floats, running: Floats, limit: float, *, groups: np.ndarray | None = None, level: float = 0.95
) -> Threshold:
    """Estimate the jump of an outcome at a limit, such as 26 weeks of unemployment or 8 expected weeks.

    Local linear regression on each side with a triangular kernel and the bandwidth that makes its mean squared error
    least; the interval is the robust bias-corrected one, so its middle is not the estimate.

    Right when nobody can choose on which side to stand, and nothing else changes at the limit. It says something
    about persons near the limit only. A running variable in whole weeks is taken as it is, with rdrobust's adjustment
    of the bandwidth for values that many persons share; with few distinct weeks near the limit the line on each side
    rests on few points, and the interval is too narrow.

    Persons are the units here because the rule sorts persons, not municipalities.

    Args:
        outcome: One value a person [persons, unit of the outcome].
        running: What the limit is set on [persons].
        limit: From where the rule applies.
        groups: Whatever persons share, such as their municipality, for clustered errors [persons].
        level: Confidence level.

    Raises:
        BadDesign: The package rdrobust is not installed, the arrays differ in length or hold holes, or fewer than 20
            persons stand on a side.

    References:
        Calonico, Cattaneo & Titiunik (2014), Econometrica 82(6), 2295-2326, through their package rdrobust.
    """
    _check(outcome, running, limit)
    with redirect_stdout(StringIO()):  # where persons share values of the running variable it prints that they do
        fitted = _rdrobust().rdrobust(y=outcome, x=running, c=limit, cluster=groups, level=100 * level)
    low, high = (float(end) for end in fitted.ci.loc["Robust"])
    return Threshold(
        value=float(fitted.coef.loc["Conventional"].iloc[0]),
        low=low,
        high=high,
        p=float(fitted.pv.loc["Robust"].iloc[0]),
        bandwidth=float(fitted.bws.loc["h", "left"]),
        below=int(fitted.N_h[0]),
        above=int(fitted.N_h[1]),
        level=level,
    )


def _rdrobust() -> Any:  # noqa: ANN401 - a package without types, and an optional one
    # Its licence (GPL-3) is not ours, so it is installed on demand and loaded here, not with the package.
    if find_spec("rdrobust") is None:
        raise BadDesign(
            'Threshold rules need the package rdrobust: install it with "pip install frikommune[threshold]".'
        )
    return import_module("rdrobust")


def _check(outcome: Floats, running: Floats, limit: float) -> None:
    if outcome.shape != running.shape or outcome.ndim != 1:
        raise BadDesign(
            f"Outcome and running variable have the shapes {outcome.shape} and {running.shape}: alike expected."
        )
    holes = int((~np.isfinite(outcome) | ~np.isfinite(running)).sum())
    if holes:
        raise BadDesign(f"{holes} persons lack an outcome or a running variable: leave them out, and say so.")
    sides = int((running < limit).sum()), int((running >= limit).sum())
    if min(sides) < _FEWEST:
        raise BadDesign(
            f"{sides[0]} persons stand below the limit and {sides[1]} above: at least {_FEWEST} are needed."
        )
