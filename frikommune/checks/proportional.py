"""Is there one hazard ratio at all, or does it differ between the weeks of a spell?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from frikommune.checks.nouns import ALARM, Reason
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats
from frikommune.inference import Family, family, shown_p


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Proportionality:
    """Whether the hazard ratio is the same in every piece of the weeks.

    Attributes:
        ratios: The logarithms of the ratios in the pieces, with simultaneous intervals and their joint placebos.
        statistic: How far they are from being one number, in squared placebo standard deviations.
        p: Share of placebo assignments whose ratios differ as much, the real one counted; never 0.
        common: The one number that comes nearest to all of them [logarithm].
    """

    ratios: Family
    statistic: float
    p: float
    common: float

    def fault(self, margin: float) -> Reason | None:  # noqa: ARG002 - whether there is one number at all
        """Fail when the ratios differ more than placebos' do: see `Check`."""
        return Reason("ratio_differs", (("p", self.p),)) if self.p <= ALARM else None

    def passed(self, margin: float) -> Reason:  # noqa: ARG002 - the same whatever the margin
        """Say that they may be one number: see `Check`."""
        return Reason("ratio_alike", (("p", self.p),))

    def __repr__(self) -> str:
        each = ", ".join(
            f"{name}: {np.exp(value):.3g}" for name, value in zip(self.ratios.names, self.ratios.values, strict=True)
        )
        return f"Proportionality: hazard ratios in weeks {each}; p {shown_p(self.p)} of one ratio"


def proportionality(estimates: Mapping[str, Estimate], draws: int = 999, seed: int = 1) -> Proportionality:
    """Test whether hazard ratios of several pieces of the weeks are one number.

    The statistic is the generalised squared distance of the ratios from their common value, in the covariance that
    placebo assignments show them to have; placebos say how large it gets where nothing happened. A week in which the
    law makes many leave, such as week 22 of sickness benefit, stands in a piece of its own: everybody leaves then,
    treated or not, so that the ratio there is drawn towards one.

    Args:
        estimates: The logarithms of the ratios by piece, as `hazard_ratios` gives them.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.

    Raises:
        BadDesign: There are fewer than two pieces, or placebos cannot be drawn.

    References:
        Grambsch, P. M. & Therneau, T. M. (1994). Proportional hazards tests and diagnostics based on weighted
        residuals. Biometrika 81, 515-526, for the test by pieces of time; the reference distribution is ours.
    """
    if len(estimates) <= 1:
        raise BadDesign(f"{len(estimates)} pieces of the weeks were given: at least two are needed to differ.")
    found = family(estimates, draws, seed)
    covariance = found.draws.T @ found.draws / len(found.draws)
    weights: Floats = np.linalg.pinv(covariance, hermitian=True).astype(np.float64)
    observed, placebos = _distance(found.values[None], weights)[0], _distance(found.draws, weights)
    p = float((1 + (placebos >= observed * (1 - 1e-12)).sum()) / (1 + len(placebos)))
    common = float(weights.sum(axis=0) @ found.values / weights.sum())
    return Proportionality(found, float(observed), p, common)


def _distance(values: Floats, weights: Floats) -> Floats:
    """Return the squared distance of each row from its own best common value [rows]."""
    common = values @ weights.sum(axis=0) / weights.sum()
    apart = values - common[:, None]
    found: Floats = np.einsum("dk,kl,dl->d", apart, weights, apart)
    return found
