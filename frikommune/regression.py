"""Least squares and its clustered errors from cross-products: the same numbers as from the register itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frikommune.cells import CrossProducts
from frikommune.errors import BadDesign
from frikommune.panel import Panel

Floats = NDArray[np.float64]

_SINGULAR = 1e-10  # of a regressor's variation that the others leave


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Regression:
    """Coefficients with an error that is clustered by unit: persons within a unit are never taken as independent.

    Attributes:
        names: Regressors; the intercept last where nothing is absorbed.
        coefficients: Their coefficients [regressors, unit of the outcome per unit of each].
        cr1: Their covariance, clustered by unit, times G / (G - 1) x (N - 1) / (N - K) [regressors x regressors].
        rows: Rows of the register, N.
        clusters: Units, G.
        parameters: K of the factor: regressors and the levels absorbed, or the intercept; units that are absorbed
            do not count, since they are nested in the clusters.
        products: The cross-products.
    """

    names: tuple[str, ...]
    coefficients: Floats
    cr1: Floats
    rows: int
    clusters: int
    parameters: int
    products: CrossProducts

    @property
    def errors(self) -> Floats:
        """Return the CR1 standard errors [regressors]."""
        return np.sqrt(np.diag(self.cr1))

    def __repr__(self) -> str:
        return f"Regression of {self.products.y} on {', '.join(self.names)}: {self.rows} rows, {self.clusters} clusters"


def least_squares(products: CrossProducts) -> Regression:
    """Estimate by least squares, with CR1 errors clustered by unit.

    Small-sample factors are those of fixest and pyfixest (`fixef.K = "nested"`, their default), and with no unit
    absorbed also those of Stata and statsmodels.

    Raises:
        BadDesign: A regressor does not vary once the others and the absorbed columns are held fixed, or there are fewer
            than two units.

    References:
        Cameron, A. C. & Miller, D. L. (2015). A practitioner's guide to cluster-robust inference. Journal of Human
        Resources 50(2), 317-372, equations 10-12.
    """
    squares, cross = normal_equations(products)
    kept = len(products.x) if products.absorbs_unit or products.absorbs_level else len(products.x) + 1
    beta, nuisance, inverse, partial = _solved(squares.sum(axis=0), cross.sum(axis=0), kept)
    if inverse is None or len(products.units) <= 1:
        raise BadDesign(
            f"{', '.join(products.x)}: one of them does not vary once the others and the absorbed columns are held "
            f"fixed, or there are fewer than two units ({len(products.units)})."
        )
    scores = cross - squares @ np.concatenate([beta, nuisance])
    own = scores[:, :kept] - scores[:, kept:] @ partial.T
    rows, clusters = int(products.n.sum()), len(products.units)
    absorbed = len(products.levels) if products.absorbs_level else 1
    parameters = len(products.x) + absorbed
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - parameters)
    return _named(products, beta, factor * inverse @ (own.T @ own) @ inverse, rows, parameters)


def two_way(panel: Panel) -> Regression:
    """Estimate the two-way fixed effects effect of treatment from cells, each weighted by its persons.

    Value and error are those of the regression of the persons' outcomes on treatment, with an intercept for each unit
    and each period: all regressors are the same within a cell. With staggered starts it compares treated units with
    units treated earlier, which is why `did` is the estimator here and this one is for comparison with the literature.

    Raises:
        BadDesign: The persons behind the cells are not known, or nobody or everybody is treated.
    """
    there = (panel.n > 0) & ~np.isnan(panel.Y)
    if not there.any():
        raise BadDesign("The panel does not say how many persons stand behind its cells: n is needed.")
    unit, level = np.nonzero(there)
    treated = (np.arange(len(panel.periods)) >= panel.start[:, None]).astype(float)
    within = np.zeros((len(unit), 2, 2))
    within[:, 1, 1] = np.where(panel.n > 1, panel.var * (panel.n - 1), 0.0)[there]
    units, unit_at = np.unique(unit, return_inverse=True)
    levels, level_at = np.unique(level, return_inverse=True)
    return least_squares(
        CrossProducts(
            n=panel.n[there],
            mean=np.column_stack([treated[there], panel.Y[there]]),
            within=within,
            unit=unit_at,
            level=level_at,
            units=tuple(panel.units[each] for each in units),
            levels=tuple(panel.periods[each] for each in levels),
            x=("treated",),
            y=panel.outcome,
            absorbs_unit=True,
            absorbs_level=True,
        )
    )


def leave_one_out(fit: Regression) -> Floats:
    """Return the coefficients without each unit in turn [units x regressors]; NaN where they cannot be told then."""
    squares, cross = normal_equations(fit.products)
    all_squares, all_cross = squares.sum(axis=0), cross.sum(axis=0)
    kept = len(fit.names)
    found = np.full((len(squares), kept), np.nan)
    for at, (one, other) in enumerate(zip(squares, cross, strict=True)):
        beta, _, inverse, _ = _solved(all_squares - one, all_cross - other, kept)
        if inverse is not None:
            found[at] = _uncentred(fit.products, beta)
    return found


def cr3(fit: Regression) -> Floats:
    """Return the jackknife covariance CR3: (G - 1) / G times the spread of the leave-one-unit-out coefficients.

    Right with few or unequal clusters, where CR1 is too small.

    Returns:
        The covariance [regressors x regressors]; NaN when some coefficient cannot be told without some unit, as when
        one unit alone is treated. clubSandwich leaves the factor out.

    References:
        MacKinnon, J. G., Nielsen, M. O. & Webb, M. D. (2023). Fast and reliable jackknife and bootstrap methods for
        cluster-robust inference. Journal of Applied Econometrics 38(5), 671-694, equation 12.
    """
    apart = leave_one_out(fit) - fit.coefficients
    spread: Floats = (fit.clusters - 1) / fit.clusters * apart.T @ apart
    return spread


def normal_equations(products: CrossProducts) -> tuple[Floats, Floats]:
    """Return X'X and X'y of each unit; X is the regressors, then what is absorbed or the intercept.

    Unit intercepts are taken out by deviations from the unit's mean; otherwise deviations from the mean of all keep the
    digits. The coefficients of the regressors are the same either way.

    Args:
        products: The cross-products.

    Returns:
        X_g'X_g [units x columns x columns] and X_g'y_g [units x columns].
    """
    n, size = products.n, len(products.units)
    count = _summed(products.unit, n, size)
    centre = (
        (_summed(products.unit, n[:, None] * products.mean, size) / count[:, None])[products.unit]
        if products.absorbs_unit
        else _overall(products)
    )
    apart = products.mean - centre
    square = _summed(products.unit, products.within + n[:, None, None] * apart[:, :, None] * apart[:, None, :], size)
    dummies, dummy_square = _dummies(products, count)
    place, wide = products.unit * len(products.levels) + products.level, len(products.levels)
    mixed = _summed(place, n[:, None] * apart, size * wide).reshape(size, wide, -1).transpose(0, 2, 1)[:, :, dummies]
    inner, last = square[:, :-1, :-1], square[:, :-1, -1]
    squares = np.block([[inner, mixed[:, :-1]], [mixed[:, :-1].transpose(0, 2, 1), dummy_square]])
    return squares, np.concatenate([last, mixed[:, -1]], axis=1)


def _dummies(products: CrossProducts, count: Floats) -> tuple[slice, Floats]:
    """Return which levels have a column of their own, and the products of these columns within each unit.

    With unit intercepts one level is the others' reference; with neither there is one level, the intercept.
    """
    people = np.zeros((len(products.units), len(products.levels)))
    np.add.at(people, (products.unit, products.level), products.n)
    square = people[:, :, None] * np.eye(people.shape[1])
    if not products.absorbs_unit:
        return slice(None), square
    square -= people[:, :, None] * people[:, None, :] / count[:, None, None]
    return slice(1, None), square[:, 1:, 1:]


def _solved(squares: Floats, cross: Floats, kept: int) -> tuple[Floats, Floats, Floats | None, Floats]:
    """Solve for the first coefficients, the others taken out: return both, the inverse of what is left, and the way."""
    rest = np.linalg.pinv(squares[kept:, kept:], rcond=1e-12, hermitian=True)
    partial: Floats = squares[:kept, kept:] @ rest
    left = squares[:kept, :kept] - partial @ squares[kept:, :kept]
    scale = np.sqrt(np.where(np.diag(squares)[:kept] > 0, np.diag(squares)[:kept], 1.0))
    whole = left / np.outer(scale, scale)
    if np.linalg.eigvalsh(whole)[0] < _SINGULAR:
        return np.full(kept, np.nan), np.full(len(rest), np.nan), None, partial
    inverse: Floats = np.linalg.inv(whole) / np.outer(scale, scale)
    beta: Floats = inverse @ (cross[:kept] - partial @ cross[kept:])
    return beta, rest @ (cross[kept:] - squares[kept:, :kept] @ beta), inverse, partial


def _named(products: CrossProducts, beta: Floats, covariance: Floats, rows: int, parameters: int) -> Regression:
    back = _back(products)
    names = products.x if len(beta) == len(products.x) else (*products.x, "intercept")
    return Regression(
        names=names,
        coefficients=_uncentred(products, beta),
        cr1=back @ covariance @ back.T,
        rows=rows,
        clusters=len(products.units),
        parameters=parameters,
        products=products,
    )


def _uncentred(products: CrossProducts, beta: Floats) -> Floats:
    found: Floats = _back(products) @ beta
    if not (products.absorbs_unit or products.absorbs_level):
        found[-1] += _overall(products)[-1]
    return found


def _back(products: CrossProducts) -> Floats:
    """Return what makes the intercept of deviations that of the values themselves."""
    size = len(products.x)
    if products.absorbs_unit or products.absorbs_level:
        return np.eye(size)
    back = np.eye(size + 1)
    back[-1, :-1] = -_overall(products)[:-1]
    return back


def _overall(products: CrossProducts) -> Floats:
    mean: Floats = products.n @ products.mean / products.n.sum()
    return mean


def _summed(where: NDArray[np.int64], values: Floats, size: int) -> Floats:
    total = np.zeros((size, *values.shape[1:]))
    np.add.at(total, where, values)
    return total
