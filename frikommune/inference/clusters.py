"""Clustered standard errors and the wild cluster bootstrap of a regression, from its cross-products by unit.

For the literature's sake, and for trials with many municipalities on both sides. With few treated they are wrong, and
say so: `infer` never chooses them. Notation as in MacKinnon, Nielsen & Webb (2023), Journal of Econometrics 232(2),
272-299: X_g'X_g and X_g'y_g of cluster g are all that is needed of the data. Unit intercepts that are absorbed are
taken out of both, which changes none of these: they are nested in the clusters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from scipy.stats import t as student

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Floats
from frikommune.regression import Regression, cr3, normal_equations

Kind = Literal["CR1", "CR2", "CR3"]
Weights = Literal["rademacher", "webb"]

FEWEST_TREATED = 8  # clusters on either side: with fewer, false alarms were measured at 10 to 80 %

_POINTS: dict[str, tuple[float, ...]] = {
    "rademacher": (-1.0, 1.0),
    "webb": (-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5),
}
_BATCH = 8192  # bootstrap draws at a time
_TIE = 1e-9
_SINGULAR = 1e-12  # of the largest eigenvalue: the columns are each other's sums


@dataclass(frozen=True, slots=True)
class ClusterTest:
    """What clustered inference says about one coefficient.

    Attributes:
        value: The coefficient [unit of the outcome].
        error: Its standard error.
        t: Their ratio, less the hypothesis.
        df: Degrees of freedom of Student's t; NaN for the bootstrap.
        p: p-value of the two-sided test.
        kind: "CR1", "CR2", "CR3", or "WCR" and "WCU" for the bootstrap with and without the hypothesis imposed.
        draws: Bootstrap draws; 0 for the others.
        warning: Why not to trust it; empty where nothing is known against it.
    """

    value: float
    error: float
    t: float
    df: float
    p: float
    kind: str
    draws: int
    warning: str


def clustered(fit: Regression, name: str, *, kind: Kind = "CR3", treated: int | None = None) -> ClusterTest:
    """Test a coefficient against zero with a standard error that rows may share anything inside their units.

    CR1 is that of the regression, with t of G - 1 degrees of freedom. CR2 is unbiased when rows are independent and
    alike, with the degrees of freedom of Bell & McCaffrey. CR3 is the jackknife over units, `cr3`, with t of G - 1.

    Args:
        fit: A regression, whose units are the clusters.
        name: Which regressor.
        kind: "CR1", "CR2" or "CR3".
        treated: Clusters that are treated, where the coefficient is an effect: too few make the answer wrong.

    Raises:
        BadDesign: A coefficient is not identified without some cluster (CR3).
        UnknownName: There is no such regressor or kind.

    References:
        Bell & McCaffrey (2002), Survey Methodology 28(2), 169-181; Pustejovsky & Tipton (2018), Journal of Business
        & Economic Statistics 36(4), 672-683; CR3: MacKinnon, Nielsen & Webb (2023), equation 12.
    """
    makers = {"CR1": _cr1, "CR2": _cr2, "CR3": _cr3}
    if kind not in makers:
        raise UnknownName.among("kind", kind, makers)
    at = _position(fit, name)
    variance, df = makers[kind](fit, at)
    value, error = float(fit.coefficients[at]), float(np.sqrt(variance))
    p = float(2 * student.sf(abs(value / error), df))
    return ClusterTest(value, error, value / error, df, p, kind, 0, warning(fit.clusters, treated))


def wild_bootstrap(
    fit: Regression,
    name: str,
    *,
    null: float = 0.0,
    weights: Weights = "rademacher",
    impose: bool = True,
    draws: int = 99_999,
    seed: int = 1,
    treated: int | None = None,
) -> ClusterTest:
    """Test a coefficient by the wild cluster bootstrap of its CR1 t-statistic.

    Every draw turns the residuals of whole clusters by random weights. When there are no more combinations of weights
    than draws each is tried once; then the data themselves are among them, otherwise they are counted in. p is never 0.

    Args:
        fit: A regression, whose units are the clusters.
        name: Which regressor.
        null: The value to test [unit of the outcome].
        weights: "rademacher" (plus or minus one) or "webb" (six points, for few clusters).
        impose: Whether residuals come from the fit under the hypothesis (WCR) or from the free one (WCU).
        draws: Bootstrap draws, at most.
        seed: Seed of the draws.
        treated: Clusters that are treated, where the coefficient is an effect: too few make the answer wrong.

    Raises:
        BadDesign: Fewer than 19 draws are asked for.
        UnknownName: There is no such regressor or weight.

    References:
        Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90(3), 414-427; from cross-products:
        MacKinnon, Nielsen & Webb (2023), section 5; six points: Webb (2023), Canadian Journal of Economics 56(3).
    """
    if weights not in _POINTS:
        raise UnknownName.among("weights", weights, _POINTS)
    if draws < 19:  # noqa: PLR2004 - fewer reach no p-value of 5 %
        raise BadDesign(f"{draws} bootstrap draws were asked for: at least 19 were expected.")
    at = _position(fit, name)
    value, error = float(fit.coefficients[at]), float(np.sqrt(fit.cr1[at, at]))
    t = (value - null) / error
    moved, residual = _turned(fit, at, null if impose else value)
    scale = np.sqrt(_small_sample(fit))
    every = len(_POINTS[weights]) ** fit.clusters <= draws
    larger, drawn = 0, 0
    for batch in _drawn(fit.clusters, weights, draws=0 if every else draws, seed=seed):
        spread = scale * np.sqrt(((batch @ residual.T) ** 2).sum(axis=1))
        larger += int((np.abs(batch @ moved) >= abs(t) * (1 - _TIE) * spread).sum())
        drawn += len(batch)
    p = max(larger, 1) / drawn if every else (1 + larger) / (1 + drawn)
    kind = "WCR" if impose else "WCU"
    return ClusterTest(value, error, t, float("nan"), p, kind, drawn, warning(fit.clusters, treated))


def warning(clusters: int, treated: int | None) -> str:
    """Return why clustered inference is not to be trusted with so few treated clusters; empty where it may be.

    Args:
        clusters: All clusters.
        treated: Treated ones; none where the coefficient is no effect of a treatment.

    References:
        MacKinnon & Webb (2018), Econometrics Journal 21(2), 114-135: with few treated clusters the restricted bootstrap
        hardly ever rejects and the unrestricted one, like clustered standard errors, far too often.
    """
    if treated is None or min(treated, clusters - treated) >= FEWEST_TREATED:
        return ""
    return (
        f"{treated} of {clusters} clusters are treated: with fewer than {FEWEST_TREATED} on either side clustered "
        "standard errors are too small and the bootstrap is wrong; use infer."
    )


def _position(fit: Regression, name: str) -> int:
    if name not in fit.products.x:
        raise UnknownName.among("regressor", name, fit.products.x)
    return fit.products.x.index(name)


def _small_sample(fit: Regression) -> float:
    return fit.clusters / (fit.clusters - 1) * (fit.rows - 1) / (fit.rows - fit.parameters)


def _cr1(fit: Regression, at: int) -> tuple[float, float]:
    return float(fit.cr1[at, at]), fit.clusters - 1.0


def _cr3(fit: Regression, at: int) -> tuple[float, float]:
    variance = float(cr3(fit)[at, at])
    if np.isnan(variance):
        raise BadDesign("A coefficient is not identified without one of the clusters: no jackknife can be made.")
    return variance, fit.clusters - 1.0


def _cr2(fit: Regression, at: int) -> tuple[float, float]:
    """Return the CR2 variance and its degrees of freedom.

    X_g'(I - H_gg)^(-1/2) equals f(A_g M) X_g' with A_g = X_g'X_g, M the inverse of their sum and f(z) = (1 - z)^(-1/2);
    with M = R R' that is f(A_g M)'M = R f(R'A_g R) R'.
    """
    squares, cross = normal_equations(fit.products)
    root = _root(squares.sum(axis=0))
    values, vectors = np.linalg.eigh(root.T @ squares @ root)
    # A direction that one cluster alone identifies has no residual: the generalised inverse leaves it out.
    lever = np.where(values < 1 - _TIE, 1 / np.sqrt(np.maximum(1 - values, _TIE)), 0.0)
    bread = root @ root.T
    weight = np.einsum("gij,gj->gi", vectors, lever * np.einsum("gij,i->gj", vectors, root[at])) @ root.T
    scores = cross - squares @ (bread @ cross.sum(axis=0))
    variance = float(((weight * scores).sum(axis=1) ** 2).sum())
    seen = np.einsum("gij,gj->gi", squares, weight)
    spread = np.diag((weight * seen).sum(axis=1)) - seen @ bread @ seen.T
    return variance, float(np.trace(spread) ** 2 / (spread**2).sum())


def _root(total: Floats) -> Floats:
    """Return R with R R' the inverse of a sum of cross-products, of the columns that are not each other's sums."""
    scale = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), 1.0))
    values, vectors = np.linalg.eigh(total / np.outer(scale, scale))
    kept = values > _SINGULAR * values[-1]
    return vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None]


def _turned(fit: Regression, at: int, null: float) -> tuple[Floats, Floats]:
    """Return how weights move the coefficient [clusters], and its part of clusters' scores [clusters x clusters]."""
    squares, cross = normal_equations(fit.products)
    root = _root(squares.sum(axis=0))
    bread = root @ root.T
    free = bread @ cross.sum(axis=0)
    scores = cross - squares @ (free - bread[at] * (free[at] - null) / bread[at, at])
    moved = scores @ bread[at]
    return moved, np.diag(moved) - (bread[at] @ squares) @ (scores @ bread).T


def _drawn(clusters: int, weights: Weights, *, draws: int, seed: int) -> Iterator[Floats]:
    """Give the weights of the draws in batches [draws x clusters]; with no draws, all combinations once."""
    points = np.array(_POINTS[weights])
    if not draws:
        yield np.array(list(product(points, repeat=clusters)))
    rng = np.random.default_rng(seed)
    for first in range(0, draws, _BATCH):
        size = (min(_BATCH, draws - first), clusters)
        yield points.take(rng.integers(0, len(points), size, dtype=np.uint8))
