"""What the weights of a synthetic comparison are made from: worked out once a window, and used for every assignment."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from frikommune.compare.contrasts import Bools
from frikommune.compare.simplex import lightest_mix
from frikommune.errors import BadDesign
from frikommune.estimate import Floats, Ints
from frikommune.panel import Panel

# Synthetic control: where several mixes fit equally well the most even one is taken. This share of the mean squared
# distance of a unit is too little to move the fit, and enough to make the mix unique.
_TIE = 1e-10
_LAMBDA = 1e-6  # zeta of the time weights, in standard deviations: section 2 of Arkhangelsky et al. (2021)


class Fit(Protocol):
    """What a cohort's weights are made from: worked out once, and used for every assignment."""

    def weights(self, treated: Ints, donors: Ints) -> tuple[Floats, Floats]:
        """Return what each donor counts [donors], and each period [periods before and after, sum zero or one]."""
        ...


@dataclass(frozen=True, slots=True)
class LevelFit:
    """Donors whose mix is nearest to the treated; periods after the start count alike, those before do not.

    Attributes:
        gram: Inner products of the units' rows of predictors [units x units].
        periods: What each period counts [periods].
    """

    gram: Floats
    periods: Floats

    @classmethod
    def of(cls, rows: Floats, before: Bools, after: Bools) -> "LevelFit":
        """Work out the fit from what is to be matched [units x predictors]."""
        centred = rows - rows.mean(axis=0)  # weights sum to one, so a shared level changes nothing but the rounding
        return cls(centred @ centred.T, (after / after.sum())[before | after])

    def weights(self, treated: Ints, donors: Ints) -> tuple[Floats, Floats]:
        """Return what each donor and each period counts: see `Fit`."""
        gram = _around(self.gram, treated, donors)
        return lightest_mix(gram, _TIE * float(np.trace(gram)) / len(gram)), self.periods


@dataclass(frozen=True, slots=True)
class TrendFit:
    """Donors whose mix runs parallel to the treated, and periods before that predict those after.

    Attributes:
        gram: Inner products of the units' paths before, each less its mean [units x units].
        steps: Number, sum and sum of squares of each unit's first differences before [units x 3].
        ahead: Outcomes before, less the unit's mean after [units x periods before].
        before: Which of the used periods lie before [periods before and after].
    """

    gram: Floats
    steps: Floats
    ahead: Floats
    before: Bools

    @classmethod
    def of(cls, values: Floats, before: Bools, after: Bools) -> "TrendFit":
        """Work out the fit from the outcomes [units x periods]."""
        if before.sum() < 2:  # noqa: PLR2004 - one period has no first difference
            raise BadDesign(f"{before.sum()} period lies before the start: synthetic did needs at least two.")
        paths = values[:, before]
        centred = paths - paths.mean(axis=1, keepdims=True)
        step = np.diff(paths, axis=1)
        counts = np.full(len(values), float(step.shape[1]))
        return cls(
            gram=centred @ centred.T,
            steps=np.stack([counts, step.sum(axis=1), (step**2).sum(axis=1)], axis=1),
            ahead=paths - values[:, after].mean(axis=1, keepdims=True),
            before=before[before | after],
        )

    def weights(self, treated: Ints, donors: Ints) -> tuple[Floats, Floats]:
        """Return what each donor and each period counts: see `Fit`."""
        spans = int(self.before.sum()), int((~self.before).sum())
        count, total, squares = self.steps[donors].sum(axis=0)
        noise = max((squares - total**2 / count) / (count - 1), 0.0)  # sigma squared: equation 5
        zeta = np.sqrt(treated.size * spans[1]) * noise  # squared
        omega = lightest_mix(_around(self.gram, treated, donors), spans[0] * zeta)
        ahead = self.ahead[donors] - self.ahead[donors].mean(axis=0)
        lam = lightest_mix(ahead.T @ ahead, donors.size * _LAMBDA**2 * noise)
        periods = np.where(self.before, 0.0, 1 / spans[1])
        periods[self.before] = -lam
        return omega, periods


def scaled(predictors: pd.DataFrame, panel: Panel, before: Bools) -> Floats:
    """Return the predictors in standard deviations, times the root of their weight [units x predictors].

    Args:
        predictors: One row a unit, one column a predictor.
        panel: The panel, treated units and donors.
        before: The periods that the predictors are to predict [periods].

    Raises:
        BadDesign: A unit has no row, or a predictor is missing for one, or the same for all.

    References:
        Abadie, Diamond & Hainmueller (2011), Journal of Statistical Software 42(13), section 2.2: regression of the
        outcome before on all predictors, the weight of each is its sum of squared coefficients.
    """
    missing = [unit for unit in panel.units if unit not in predictors.index]
    if missing:
        raise BadDesign(f"The predictors lack {len(missing)} units of the panel, such as {missing[0]}.")
    values = predictors.loc[list(panel.units)].to_numpy(float)
    spread = values.std(axis=0, ddof=1)
    for name, empty, flat in zip(predictors.columns, np.isnan(values).any(axis=0), ~(spread > 0), strict=True):
        if empty or flat:
            raise BadDesign(f"The predictor {name} is missing for a unit, or the same for all of them.")
    values = values / spread
    with_constant = np.column_stack([np.ones(len(values)), values])
    slopes = np.linalg.lstsq(with_constant, panel.Y[:, before], rcond=None)[0][1:]
    importance = (slopes**2).sum(axis=1)
    return values * np.sqrt(importance / importance.sum())


def _around(gram: Floats, treated: Ints, donors: Ints) -> Floats:
    """Return the inner products of the donors, each less the mean of the treated [donors x donors]."""
    rows = gram.take(donors, axis=0)
    towards = rows.take(treated, axis=1).mean(axis=1)
    around = rows.take(donors, axis=1)
    around -= towards[:, None]
    around -= towards
    around += gram[np.ix_(treated, treated)].mean()
    return around
