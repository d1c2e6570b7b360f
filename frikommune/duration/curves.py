"""Kaplan-Meier and Aalen-Johansen with their variances, for all cells of a risk table at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frikommune.cells import RiskTable
from frikommune.cells.atrisk import Counts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Curves:
    """What becomes of the spells of each cell, by week since entry, with variances between persons.

    Week 0 is the day of entry. A curve ends (NaN) with the first week in which nobody is at risk while somebody is
    thought to be in still: nothing is known from there on.

    Attributes:
        table: The risk table.
        surviving: Share still in after each week, Kaplan-Meier [cells x (weeks + 1)].
        surviving_var: Its Greenwood variance [cells x (weeks + 1)].
        weeks_in: Restricted mean weeks in until each week [cells x (weeks + 1)].
        weeks_in_var: Its variance [cells x (weeks + 1), weeks squared].
        out: Share out by each week, by way out, Aalen-Johansen [cells x types x (weeks + 1)].
        out_var: Its variance [cells x types x (weeks + 1)].
        weeks_lost: Restricted mean weeks lost to each way out [cells x types x (weeks + 1)]; with `weeks_in` they add
            up to the week.
        weeks_lost_var: Its variance [cells x types x (weeks + 1), weeks squared].
    """

    table: RiskTable
    surviving: Floats
    surviving_var: Floats
    weeks_in: Floats
    weeks_in_var: Floats
    out: Floats
    out_var: Floats
    weeks_lost: Floats
    weeks_lost_var: Floats

    def __repr__(self) -> str:
        cells, types, weeks = self.out.shape
        return f"Curves: {cells} cells x {weeks - 1} weeks, {types} exit types"


def curves(table: RiskTable) -> Curves:
    """Estimate Kaplan-Meier and Aalen-Johansen curves and restricted means in every cell.

    Right when, given the cell, when a spell's observation ends says nothing about when it would have ended. Where a
    cell's last spell at risk leaves, the variance stops growing rather than being undefined.

    Args:
        table: The risk table.

    Returns:
        The curves. With late entry a cell in which nobody is observed from the first week has none.

    References:
        Kaplan, E. L. & Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
        Statistical Association 53, 457-481, equations 2b and 2f (Greenwood).
        Aalen, O. O. & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based on
        censored observations. Scandinavian Journal of Statistics 5, 141-150.
        Andersen, P. K., Borgan, Ø., Gill, R. D. & Keiding, N. (1993). Statistical models based on counting processes,
        equation 4.4.20: the covariance by recursion, of Greenwood's type.
        Andersen, P. K. (2013). Decomposition of number of life years lost according to causes of death. Statistics in
        Medicine 32, 5278-5285: time lost.
    """
    every = table.exits.sum(axis=1, keepdims=True)
    surviving, _, left_var, lost, lost_var = _aalen_johansen(table.at_risk, every, every)
    _, out, out_var, lost_to, lost_to_var = _aalen_johansen(table.at_risk, table.exits, every)
    return Curves(
        table=table,
        surviving=surviving,
        surviving_var=left_var[:, 0],
        weeks_in=np.arange(table.horizon + 1) - lost[:, 0],
        weeks_in_var=lost_var[:, 0],
        out=out,
        out_var=out_var,
        weeks_lost=lost_to,
        weeks_lost_var=lost_to_var,
    )


def _aalen_johansen(at_risk: Counts, exits: Counts, every: Counts) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return S, F and its variance, and L, the weeks lost, with its variance, at weeks 0, 1, ..., horizon.

    With S the share in (`inside`), F those out by a way k (`out`) and L the sum of F over the weeks before (`lost`), a
    week multiplies S by 1 - h and adds S h_k to F. The rates of a week are multinomial and uncorrelated with what went
    before, so the covariances follow the same recursion. All ways together (k: out at all) give Kaplan-Meier and
    Greenwood.

    Args:
        at_risk: Spells at risk [cells x weeks].
        exits: Spells that leave [cells x types x weeks].
        every: Spells that leave in any way [cells x 1 x weeks].
    """
    cells, types, weeks = exits.shape
    out, var_out, lost, var_lost = (np.zeros((cells, types, weeks + 1)) for _ in range(4))
    inside = np.ones((cells, 1, weeks + 1))
    var_in, cov_in_out, cov_in_lost, cov_out_lost = np.zeros((cells, 1)), *(np.zeros((cells, types)) for _ in range(3))
    for w in range(weeks):
        n, known = np.maximum(at_risk[:, w, None], 1), (at_risk[:, w, None] > 0) | (inside[..., w] == 0)
        h, h_k = (np.where(known, each[..., w] / n, np.nan) for each in (every, exits))
        drawn = inside[..., w] ** 2 / n
        lost[..., w + 1] = lost[..., w] + out[..., w]
        var_lost[..., w + 1] = var_lost[..., w] + 2 * cov_out_lost + var_out[..., w]
        cov_out_lost = cov_out_lost + var_out[..., w] + h_k * (cov_in_lost + cov_in_out)
        cov_in_lost = (1 - h) * (cov_in_lost + cov_in_out)
        out[..., w + 1] = out[..., w] + inside[..., w] * h_k
        inside[..., w + 1] = inside[..., w] * (1 - h)
        var_out[..., w + 1] = var_out[..., w] + 2 * h_k * cov_in_out + h_k**2 * var_in + drawn * h_k * (1 - h_k)
        cov_in_out = (1 - h) * (cov_in_out + h_k * (var_in - drawn))
        var_in = (1 - h) ** 2 * var_in + drawn * h * (1 - h)
    return inside[:, 0], out, np.maximum(var_out, 0), lost, np.maximum(var_lost, 0)
