"""Clustered standard errors and the wild cluster bootstrap, from cross-products by cluster.

For the literature's sake, and for trials with many municipalities on both sides. With few treated they are wrong, and
say so: `infer` never chooses them. Notation as in MacKinnon, Nielsen & Webb (2023), Journal of Econometrics 232(2),
272-299: X_g'X_g, X_g'y_g and y_g'y_g of cluster g are all that is needed of the data.
"""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Floats

Kind = Literal["CR1", "CR2", "CR3"]
Weights = Literal["rademacher", "webb"]

FEWEST_TREATED = 8  # clusters on either side: with fewer, false alarms were measured at 10 to 80 %

_POINTS: dict[str, tuple[float, ...]] = {
    "rademacher": (-1.0, 1.0),
    "webb": (-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5),
}
_BATCH = 8192  # bootstrap draws at a time
_TIE = 1e-9


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CrossProducts:
    """What least squares needs of each cluster.

    Attributes:
        XtX: X_g'X_g [clusters x regressors x regressors].
        Xty: X_g'y_g [clusters x regressors].
        yty: y_g'y_g [clusters].
        n: Rows of each cluster [clusters].
    """

    XtX: Floats
    Xty: Floats
    yty: Floats
    n: Floats

    def __post_init__(self) -> None:
        """Check the shapes once, and that the coefficients are identified."""
        clusters, regressors = self.Xty.shape
        if self.XtX.shape != (clusters, regressors, regressors) or {self.yty.shape, self.n.shape} != {(clusters,)}:
            raise BadDesign(
                f"The cross-products of {clusters} clusters and {regressors} regressors do not fit together."
            )
        if clusters < 2 or np.linalg.matrix_rank(self.XtX.sum(axis=0), hermitian=True) < regressors:  # noqa: PLR2004
            raise BadDesign(f"{clusters} clusters do not identify {regressors} coefficients: leave regressors out.")

    def __repr__(self) -> str:
        return f"CrossProducts of {len(self.n)} clusters, {self.Xty.shape[1]} regressors, {int(self.n.sum())} rows"


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


def clustered(data: CrossProducts, coefficient: int, *, kind: Kind = "CR3", treated: int | None = None) -> ClusterTest:
    """Test a coefficient against zero with a standard error that clusters may share anything inside.

    CR1 scales the sum over clusters by G / (G - 1) (N - 1) / (N - k) and uses t with G - 1 degrees of freedom. CR2
    is unbiased when rows are independent and alike, with the degrees of freedom of Bell & McCaffrey. CR3 is the
    jackknife over clusters, with t of G - 1.

    Args:
        data: Cross-products by cluster.
        coefficient: Which coefficient, as a position.
        kind: "CR1", "CR2" or "CR3".
        treated: Clusters that are treated, where the coefficient is an effect: too few make the answer wrong.

    Raises:
        BadDesign: A coefficient is not identified without some cluster (CR3).
        UnknownName: There is no such kind.

    References:
        Bell & McCaffrey (2002), Survey Methodology 28(2), 169-181; Pustejovsky & Tipton (2018), Journal of Business
        & Economic Statistics 36(4), 672-683; CR3: MacKinnon, Nielsen & Webb (2023), equation 12.
    """
    makers = {"CR1": _cr1, "CR2": _cr2, "CR3": _cr3}
    if kind not in makers:
        raise UnknownName.among("kind", kind, makers)
    value = float(np.linalg.solve(data.XtX.sum(axis=0), data.Xty.sum(axis=0))[coefficient])
    variance, df = makers[kind](data, coefficient)
    error = float(np.sqrt(variance))
    p = float(2 * student.sf(abs(value / error), df))
    return ClusterTest(value, error, value / error, df, p, kind, 0, warning(len(data.n), treated))


def wild_bootstrap(
    data: CrossProducts,
    coefficient: int,
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
        data: Cross-products by cluster.
        coefficient: Which coefficient, as a position.
        null: The value to test [unit of the outcome].
        weights: "rademacher" (plus or minus one) or "webb" (six points, for few clusters).
        impose: Whether residuals come from the fit under the hypothesis (WCR) or from the free one (WCU).
        draws: Bootstrap draws, at most.
        seed: Seed of the draws.
        treated: Clusters that are treated, where the coefficient is an effect: too few make the answer wrong.

    Raises:
        BadDesign: Fewer than 19 draws are asked for.
        UnknownName: There is no such weight.

    References:
        Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90(3), 414-427; from cross-products:
        MacKinnon, Nielsen & Webb (2023), section 5; six points: Webb (2023), Canadian Journal of Economics 56(3).
    """
    if weights not in _POINTS:
        raise UnknownName.among("weights", weights, _POINTS)
    if draws < 19:  # noqa: PLR2004 - fewer reach no p-value of 5 %
        raise BadDesign(f"{draws} bootstrap draws were asked for: at least 19 were expected.")
    bread = np.linalg.inv(data.XtX.sum(axis=0))
    value = float((bread @ data.Xty.sum(axis=0))[coefficient])
    error = float(np.sqrt(_cr1(data, coefficient)[0]))
    t = (value - null) / error
    moved, residual = _turned(data, bread, coefficient, null if impose else value)
    scale = np.sqrt(_small_sample(data))
    drawn, every = _drawn(len(data.n), weights, draws=draws, seed=seed)
    larger = sum(
        int((np.abs(batch @ moved) >= abs(t) * (1 - _TIE) * scale * np.sqrt(((batch @ residual.T) ** 2).sum(1))).sum())
        for batch in np.array_split(drawn, max(1, len(drawn) // _BATCH))
    )
    p = max(larger, 1) / len(drawn) if every else (1 + larger) / (1 + len(drawn))
    kind = "WCR" if impose else "WCU"
    return ClusterTest(value, error, t, float("nan"), p, kind, len(drawn), warning(len(data.n), treated))


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


def _scores(data: CrossProducts, beta: Floats) -> Floats:
    """Return X_g'u_g [clusters x regressors]."""
    return data.Xty - data.XtX @ beta


def _small_sample(data: CrossProducts) -> float:
    clusters, rows, regressors = len(data.n), float(data.n.sum()), data.Xty.shape[1]
    return clusters / (clusters - 1) * (rows - 1) / (rows - regressors)


def _cr1(data: CrossProducts, coefficient: int) -> tuple[float, float]:
    bread = np.linalg.inv(data.XtX.sum(axis=0))
    scores = _scores(data, bread @ data.Xty.sum(axis=0))
    return _small_sample(data) * float(((scores @ bread[coefficient]) ** 2).sum()), len(data.n) - 1.0


def _cr3(data: CrossProducts, coefficient: int) -> tuple[float, float]:
    total, sums = data.XtX.sum(axis=0), data.Xty.sum(axis=0)
    without = total - data.XtX
    if (np.linalg.matrix_rank(without, hermitian=True) < len(total)).any():
        raise BadDesign("A coefficient is not identified without one of the clusters: no jackknife can be made.")
    left_out = np.linalg.solve(without, (sums - data.Xty)[:, :, None])[:, coefficient, 0]
    clusters = len(data.n)
    value = np.linalg.solve(total, sums)[coefficient]
    return (clusters - 1) / clusters * float(((left_out - value) ** 2).sum()), clusters - 1.0


def _cr2(data: CrossProducts, coefficient: int) -> tuple[float, float]:
    """Return the CR2 variance and its degrees of freedom.

    X_g'(I - H_gg)^(-1/2) equals f(A_g M) X_g' with A_g = X_g'X_g, M the inverse of their sum and f(z) = (1 - z)^(-1/2).
    """
    bread = np.linalg.inv(data.XtX.sum(axis=0))
    root = np.linalg.cholesky(bread)
    values, vectors = np.linalg.eigh(root.T @ data.XtX @ root)
    # A direction that one cluster alone identifies has no residual: the generalised inverse leaves it out.
    lever = np.where(values < 1 - _TIE, 1 / np.sqrt(np.maximum(1 - values, _TIE)), 0.0)
    adjust = np.linalg.inv(root).T @ ((vectors * lever[:, None, :]) @ np.swapaxes(vectors, 1, 2)) @ root.T
    scores = _scores(data, bread @ data.Xty.sum(axis=0))
    weight = np.einsum("gij,i->gj", adjust, bread[coefficient])  # f(A_g M)'M c
    variance = float(((weight * scores).sum(axis=1) ** 2).sum())
    seen = np.einsum("gij,gj->gi", data.XtX, weight)
    spread = np.diag((weight * seen).sum(axis=1)) - seen @ bread @ seen.T
    return variance, float(np.trace(spread) ** 2 / (spread**2).sum())


def _turned(data: CrossProducts, bread: Floats, coefficient: int, null: float) -> tuple[Floats, Floats]:
    """Return how weights move the coefficient [clusters], and its part of clusters' scores [clusters x clusters]."""
    free = bread @ data.Xty.sum(axis=0)
    fitted = free - bread[coefficient] * (free[coefficient] - null) / bread[coefficient, coefficient]
    scores = _scores(data, fitted)
    moved = scores @ bread[coefficient]
    return moved, np.diag(moved) - np.einsum(
        "i,gij,hj->gh", bread[coefficient], data.XtX, scores @ bread, optimize=True
    )


def _drawn(clusters: int, weights: Weights, *, draws: int, seed: int) -> tuple[NDArray[np.float64], bool]:
    """Return the weights of each draw [draws x clusters], and whether they are all there are."""
    points = np.array(_POINTS[weights])
    if len(points) ** clusters <= draws:
        return np.array(list(product(points, repeat=clusters))), True
    return points[np.random.default_rng(seed).integers(0, len(points), (draws, clusters), dtype=np.int8)], False
