"""Inflow and case-mix as outcomes: a trial that changes who enters changes what happens to them on average."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frikommune.checks.nouns import Reason, moved
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate
from frikommune.inference import Inference, placebo
from frikommune.panel import Panel

_ROUNDED = 1e-6  # shares that were rounded to six decimals still sum to one


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Inflow:
    """The effect on how many enter, in the unit of their number or share.

    Attributes:
        estimate: The effect on the inflow [unit of the inflow].
        inference: How it stands among its placebos.
        tolerated: The largest change in the inflow that would not matter [unit of the inflow].
    """

    estimate: Estimate
    inference: Inference
    tolerated: float

    def fault(self, margin: float) -> Reason | None:  # noqa: ARG002 - the inflow has a margin of its own
        """Fail when the inflow changed further than is tolerated, or further than placebos do: see `Check`."""
        return moved(self.estimate, self.inference, self.tolerated, surely="inflow_moved", possibly="inflow_possible")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CaseMix:
    """How much of the outcome changed merely because other people entered.

    Attributes:
        estimate: The effect on the outcome that the mix alone predicts [unit of the outcome].
        inference: How it stands among its placebos.
    """

    estimate: Estimate
    inference: Inference

    def fault(self, margin: float) -> Reason | None:
        """Fail when the mix alone moved the outcome further than the margin, or than placebos do: see `Check`."""
        return moved(self.estimate, self.inference, margin, surely="mix_moved", possibly="mix_possible")


def inflow(estimate: Estimate, entrants: Panel, *, tolerated: float, **how: Any) -> Inflow:  # noqa: ANN401 - passed on
    """Call the same design on the number or share who enter.

    Args:
        estimate: The effect whose inflow is checked.
        entrants: Who enters, in the same units, periods and starts.
        tolerated: The largest change in the inflow that would not matter [unit of the inflow], fixed beforehand.
        how: As for `placebo`.

    Returns:
        The effect on the inflow and how it stands among its placebos.

    Raises:
        BadDesign: The panels are not of the same units, periods and starts, or what is tolerated is not positive.
    """
    _check_alike(estimate.panel, entrants)
    if not 0 < tolerated < np.inf:
        raise BadDesign(f"A change of {tolerated:g} in the inflow was to be tolerated: a positive number was expected.")
    effect = estimate.design(entrants)
    return Inflow(effect, placebo(effect, **how), tolerated)


def case_mix(
    estimate: Estimate,
    shares: Mapping[str, Panel],
    levels: Mapping[str, float],
    **how: Any,  # noqa: ANN401 - passed on
) -> CaseMix:
    """Call the same design on the outcome that the mix of those who enter would have by itself.

    Every stratum keeps the level that it had before the trial; only its share moves. So the number is in the unit of
    the outcome and can be held against the outcome's margin: it is the part of the effect that is composition.

    Args:
        estimate: The effect whose case-mix is checked.
        shares: Share of those who enter in each stratum, in the same units, periods and starts [0 to 1].
        levels: Mean outcome of each stratum before the trial [unit of the outcome].
        how: As for `placebo`.

    Returns:
        The effect of the mix and how it stands among its placebos.

    Raises:
        BadDesign: The panels are not of the same units, periods and starts, the strata differ, or shares do not sum
            to one.

    References:
        Kitagawa (1955), Journal of the American Statistical Association 50(272), 1168-1194: the component of a
        difference that is due to composition.
    """
    if set(shares) != set(levels) or not shares:
        raise BadDesign(f"{len(shares)} strata have shares and {len(levels)} have levels: the same ones were expected.")
    for each in shares.values():
        _check_alike(estimate.panel, each)
    total = np.sum([each.Y for each in shares.values()], axis=0)
    wrong = int((np.abs(total - 1) > _ROUNDED).sum())
    if wrong:
        raise BadDesign(f"The shares of the strata do not sum to one in {wrong} cells: give every stratum.")
    mix = np.sum([levels[name] * each.Y for name, each in shares.items()], axis=0)
    about = f"{estimate.panel.outcome} as the mix alone predicts"
    effect = estimate.design(replace(estimate.panel, Y=mix, var=np.full(mix.shape, np.nan), outcome=about))
    return CaseMix(effect, placebo(effect, **how))


def _check_alike(panel: Panel, other: Panel) -> None:
    alike = panel.units == other.units and panel.periods == other.periods and (panel.start == other.start).all()
    if not alike:
        raise BadDesign(
            f"The inflow is of {len(other.units)} units and {len(other.periods)} periods that are not those of the "
            "effect, or start at another time: the same ones were expected."
        )
