"""Synthetic control and synthetic difference-in-differences: the comparison is the mix of units that fits best."""

from dataclasses import dataclass, field

import pandas as pd

from frikommune.compare.cohorts import Synthetic
from frikommune.compare.contrasts import Bools
from frikommune.compare.fits import Fit, LevelFit, TrendFit, scaled
from frikommune.estimate import Estimate, Floats, Span
from frikommune.panel import Panel


def synth(
    panel: Panel, pre: Span | None = None, post: Span | None = None, *, predictors: pd.DataFrame | None = None
) -> Estimate:
    """Estimate the effect against a synthetic control: the mix of never-treated units that fits best before the start.

    The weights are not negative, sum to one, and are the exact minimum of the squared distance before the start. The
    effect is the mean gap after it. Units that start together are averaged and have one synthetic control; units with
    different starts have one each, and count by their treated cells.

    Right when the treated lie inside what mixes of the others can make, the fit before the start is good (`gaps`
    shows it) and there are many periods before; with few it fits noise.

    Args:
        panel: Cell means; the comparison units are those never treated in it. Those that lack a cell are left out.
        pre: First and last period to fit, ends included; all before the start by default.
        post: First and last period from the start on; all by default.
        predictors: What to fit instead of the outcome in every period before: one row a unit, one column a
            predictor, outcomes of single periods among them. They are divided by their standard deviation and weighted
            by how well they predict the outcome before the start (by regression).

    Returns:
        The effect on the treated, in the unit of the outcome.

    Raises:
        BadDesign: Nobody, or everybody, is treated; a treated unit lacks a cell, or has no period before or after; no
            comparison unit is complete; or a predictor is missing for a unit.

    References:
        Abadie, A., Diamond, A. & Hainmueller, J. (2010). Synthetic control methods for comparative case studies.
        Journal of the American Statistical Association 105(490), 493-505, section 2.3; weights of the predictors by
        regression: Abadie, Diamond & Hainmueller (2011), Journal of Statistical Software 42(13), section 2.2.
    """
    return SyntheticControl(pre=pre, post=post, predictors=predictors)(panel)


def sdid(panel: Panel, pre: Span | None = None, post: Span | None = None) -> Estimate:
    """Estimate a synthetic difference-in-differences: weights on the units and on the periods before, both fitted.

    Unit weights make the comparison run parallel to the treated before the start, whatever the level, and are kept
    apart by a ridge; time weights make the periods before predict those after. Units that start together are
    averaged; the effects of different starts are weighted by their treated cells.

    The ridge of the unit weights is (treated x periods after)^(1/4) times the standard deviation of first differences
    before the start among the comparison units, with one degree of freedom taken for their mean as in the authors' own
    code (equation 5 takes none); shared shocks are in it, so that they move the weights a little. The time weights
    have a ridge of a millionth of that standard deviation only: with fewer comparison units than periods before they
    rest on it alone, and the effect is exact to some five digits, not to all.

    Args:
        panel: Cell means; the comparison units are those never treated in it. Those that lack a cell are left out.
        pre: First and last period before the start, ends included; all by default. Two at least.
        post: First and last period from the start on; all by default.

    Returns:
        The effect on the treated, in the unit of the outcome.

    Raises:
        BadDesign: Nobody, or everybody, is treated; a treated unit lacks a cell, or has no two periods before or none
            after; or no comparison unit is complete.

    References:
        Arkhangelsky, D., Athey, S., Hirshberg, D. A., Imbens, G. W. & Wager, S. (2021). Synthetic difference-in-
        differences. American Economic Review 111(12), 4088-4118: algorithm 1, regularisation of equations 4 to 6;
        several starts: appendix A of the same.
    """
    return SyntheticDiD(pre=pre, post=post)(panel)


def gaps(estimate: Estimate) -> Floats:
    """Return the treated less their comparison, period by period [periods, unit of the outcome].

    Before the start it shows the fit: near zero for a synthetic control, near a constant for synthetic
    difference-in-differences. Missing where a unit that counts lacks its cell.

    Args:
        estimate: The effect of any design.
    """
    after = estimate.weights[estimate.panel.treated].sum(axis=0) > 0
    units = estimate.weights[:, after].sum(axis=1)
    return units[units != 0] @ estimate.panel.Y[units != 0]


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticControl(Synthetic):
    """The design behind `synth`, which may be called on any panel.

    Attributes:
        predictors: What to fit, one row a unit; the outcome in every period before when none.
    """

    predictors: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "synthetic control"

    def fit(self, panel: Panel, before: Bools, after: Bools) -> Fit:
        """Return what the weights of a cohort are made from."""
        if self.predictors is None:
            return LevelFit.of(panel.Y[:, before], before, after)
        return LevelFit.of(scaled(self.predictors, panel, before), before, after)


@dataclass(frozen=True, slots=True)
class SyntheticDiD(Synthetic):
    """The design behind `sdid`, which may be called on any panel."""

    @property
    def name(self) -> str:
        """Short name of the design."""
        return "synthetic difference-in-differences"

    def fit(self, panel: Panel, before: Bools, after: Bools) -> Fit:
        """Return what the weights of a cohort are made from."""
        return TrendFit.of(panel.Y, before, after)
