"""The shock that a region shares, made explicit: a variance component estimated from the other provinces."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints
from frikommune.inference.answer import Inference
from frikommune.inference.placebos import components, usable
from frikommune.inference.places import Places, places
from frikommune.inference.spread import FEWEST_UNITS, Spread, imprecision, net, uncertainty

FEWEST_PROVINCES = 4  # others, for a variance between them to be worth estimating

# Of the variance without a shared shock, left at least where the shared component is below zero: a set larger than any
# of the provinces it came from could be left with none.
_LEAST = 0.1
_ALIKE = 1e-6  # shares of a province that differ by less are the same


@dataclass(frozen=True, slots=True)
class Shock:
    """How much of the variance of an estimate is shared by provinces.

    Attributes:
        variance: Variance of the estimate where nothing happened [squared unit of the outcome].
        shared: The part of it that comes from shocks shared by provinces [squared unit of the outcome]; below zero
            where the other provinces differ less than their municipalities alone would make them.
        df: Satterthwaite degrees of freedom.
        provinces: Provinces that it was estimated from.
    """

    variance: float
    shared: float
    df: float
    provinces: int


def regional(estimate: Estimate, *, level: float = 0.95) -> Inference:
    """Test an effect against the shocks that provinces share and those that municipalities have for themselves.

    Where nothing happened unit g shows z_g = mu + R_p(g) + u_g, with var(R) = c and var(u_g) = a (1 + b q_g / a), q_g
    being larger for smaller units. An estimate with the weights x_g (the treated less the comparisons) then has the
    variance V = c sum_p (sum_{g in p} x_g)^2 + sum_g x_g^2 var(u_g). With all the treated in one province the first
    sum is a little more than one: no number of municipalities averages it out. a, b and c are estimated from the
    comparison units by restricted maximum likelihood, c below zero where the data say so, and effect / sqrt(V) is held
    against Student's t with 2 V^2 / var(V) degrees of freedom, most of which the few provinces set. Provinces that are
    compared with themselves share nothing with the estimate, and the first sum is zero.

    Right when provinces' shocks are independent and alike in size, and about normal. By itself the interval may be
    narrower than if nothing were shared, where the other provinces happen to differ little; `infer` asks scattered
    placebos as well, and is never narrower than they are.

    Args:
        estimate: The effect; its units must be codes of municipalities.
        level: Confidence level.

    Returns:
        p-value, interval, bounds, and the smallest detectable effect; no placebos.

    Raises:
        BadDesign: It is not known where the units lie, the comparison units do not vary, or the treated share shocks
            with provinces of which too few others are compared with.

    References:
        Donald & Lang (2007), Review of Economics and Statistics 89(2), 221-233: the group error as a variance
        component, and t with the degrees of freedom of the groups; Giesbrecht & Burns (1985), Biometrics 41(2),
        477-486, for the degrees of freedom (Satterthwaite 1946, Biometrics Bulletin 2(6), 110-114).
    """
    shock = shocks(estimate)
    if not 0 < level < 1:
        raise BadDesign(f"The level is {level:g}: a level between 0 and 1 was expected.")
    error = float(np.sqrt(shock.variance))
    two, one = error * student.ppf([(1 + level) / 2, level], shock.df)
    return Inference(
        p=float(2 * student.sf(abs(estimate.value) / error, shock.df)),
        low=float(estimate.value - two),
        high=float(estimate.value + two),
        at_least=float(estimate.value - one),
        at_most=float(estimate.value + one),
        sd=error,
        smallest_detectable=found_by_t(error, shock.df, level=level),
        draws=np.empty(0),
        level=level,
        pool="comparisons",
        enumerated=False,
        method="regional",
        df=shock.df,
    )


def shocks(estimate: Estimate) -> Shock:
    """Estimate how much of the variance of an estimate is shared by provinces: see `regional`.

    Raises:
        BadDesign: See `regional`.
    """
    rows, _ = usable(estimate)
    where = places(estimate.panel.units)
    if where is None:
        raise BadDesign("The units are no municipality codes: the provinces whose shocks they share are not known.")
    if rows.size < FEWEST_UNITS:
        raise BadDesign(f"{rows.size} comparison units are there: at least {FEWEST_UNITS} are needed for a variance.")
    weights = net(estimate)
    exposed, others = _exposure(weights, where, estimate.panel.treated), _others(where, rows, estimate.panel.treated)
    if exposed > _ALIKE and others < FEWEST_PROVINCES:
        raise BadDesign(
            f"The comparison units lie in {others} provinces without treated units: at least {FEWEST_PROVINCES} are "
            "needed to tell how much provinces differ by themselves."
        )
    q, province = imprecision(estimate), where.province[rows]
    found = components(estimate)
    if found is None:
        raise BadDesign(f"{rows.size} comparison units that vary were expected, and none of them does.")
    own = float((weights**2 * found.relative(q)).sum())
    variance, df = satterthwaite(found, (own, exposed), uncertainty(found, q[rows], province))
    return Shock(variance, exposed * found.shared, df, others)


def satterthwaite(found: Spread, slope: tuple[float, float], covariance: Floats) -> tuple[float, float]:
    """Return the variance that components add up to, a tenth of its first part at least, and its degrees of freedom.

    They are 2 V^2 / var(V).

    Args:
        found: The components.
        slope: How many times a and c stand in the variance.
        covariance: Sampling covariance of a and c [2 x 2].

    References:
        Satterthwaite (1946), Biometrics Bulletin 2(6), 110-114; Giesbrecht & Burns (1985), Biometrics 41(2), 477-486.
    """
    alone = slope[0] * found.own
    variance = max(alone + slope[1] * found.shared, _LEAST * alone)
    return variance, float(2 * variance**2 / (np.array(slope) @ covariance @ np.array(slope)))


def found_by_t(error: float, df: float, *, power: float = 0.8, level: float = 0.95) -> float:
    """Return the smallest effect that a t-test finds with some power.

    Args:
        error: Standard error [unit of the outcome].
        df: Degrees of freedom.
        power: Probability of finding the effect.
        level: One minus the level of the two-sided test.

    References:
        Bloom (1995), Evaluation Review 19(5), 547-556.
    """
    critical = student.ppf((1 + level) / 2, df)
    return float(error * (critical + student.ppf(power, df)))


def _exposure(weights: Floats, where: Places, treated: np.ndarray) -> float:
    """Return how many times the variance of one province's shock stands in that of the estimate."""
    shares = np.bincount(where.province, weights, minlength=len(where.names))
    hit = np.unique(where.province[treated])
    return float((shares**2).sum()) if (np.abs(shares[hit]) > _ALIKE).any() else 0.0


def _others(where: Places, rows: Ints, treated: np.ndarray) -> int:
    """Return how many provinces hold comparison units and no treated ones."""
    return np.setdiff1d(where.province[rows], where.province[treated]).size
