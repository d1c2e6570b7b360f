"""Group-time effects as Callaway and Sant'Anna report them, with multiplier draws by unit, from cells alone."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from frikommune.compare.contrasts import Bools, Weighting, check_options, treated_and_controls
from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Floats, Ints
from frikommune.panel import Panel

Multiplier = Literal["rademacher", "mammen"]
_FEWEST = 99  # draws: with fewer the largest of a hundred effects cannot be placed


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class GroupTime:
    """The effect in each group of units that start together, period by period.

    Attributes:
        panel: The panel.
        starts: First treated period of each group, as a position [groups].
        values: ATT(g, t) [groups x (periods - 1), unit of the outcome]; from the second period on.
        influence: What each unit adds to the deviation of ATT(g, t) from its expectation [units x groups x
            (periods - 1), unit of the outcome]; the sum over units is zero.
        errors: Standard errors from the draws, over units [groups x (periods - 1), unit of the outcome]; zero where a
            single unit is a group and the comparison adds nothing.
        critical: How many errors the band around all effects at once reaches to either side.
        level: Confidence level of that band.
    """

    panel: Panel
    starts: Ints
    values: Floats
    influence: Floats
    errors: Floats
    critical: float
    level: float

    @property
    def frame(self) -> pd.DataFrame:
        """Return a row an effect: `start` and `period` (labels), `value`, `error`, and the band's `low` and `high`."""
        labels = self.panel.periods
        keys = pd.MultiIndex.from_product([[labels[each] for each in self.starts], labels[1:]]).to_frame(index=False)
        reach = self.critical * self.errors
        columns = {"value": self.values, "error": self.errors, "low": self.values - reach, "high": self.values + reach}
        return keys.set_axis(["start", "period"], axis=1).assign(**{key: each.ravel() for key, each in columns.items()})

    def __repr__(self) -> str:
        return (
            f"GroupTime: {self.values.size} effects in {self.panel.measured_in or 'the unit of the outcome'}, "
            f"{len(self.starts)} groups of {int(self.panel.treated.sum())} treated units"
        )


def group_time(
    panel: Panel,
    *,
    weights: Weighting = "people",
    draws: int = 999,
    multiplier: Multiplier = "rademacher",
    seed: int = 1,
    level: float = 0.95,
) -> GroupTime:
    """Estimate ATT(g, t) against the never-treated, with errors and a band from multiplier draws by unit.

    The same numbers as the packages of Callaway and Sant'Anna give for repeated cross-sections of persons without
    covariates, never-treated comparison, and a base that varies: the period before the start from the start on, and
    the period before in the periods before. A person's influence is a deviation from a group's mean in a period, and
    the draws multiply the sums over a unit's persons; those sums follow from the cells, so no person is needed.

    Right to compare with what those packages report. The draws need many treated units as well as many comparison
    units: where few are treated the errors come out too small (a group of one unit shows no spread of its own at all),
    and `infer` is to be asked instead.

    Args:
        panel: Cell means; the comparison units are those never treated in it. Every cell must be there.
        weights: "people" counts units by the persons behind their cells, "units" each unit once.
        draws: Multiplier draws.
        multiplier: "rademacher" (plus or minus one) or "mammen" (two points, mean 0, variance and third moment 1).
        seed: Seed of the draws.
        level: Confidence level of the band around all effects at once.

    Returns:
        The effects, in order of start and period.

    Raises:
        BadDesign: Nobody, or everybody, is treated; a unit is treated from the first period on; a cell is missing;
            people are to be counted and their number is not known; or fewer than 99 draws are asked for.
        UnknownName: There is no such weighting or multiplier.

    References:
        Callaway, B. & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of
        Econometrics 225(2), 200-230: equation 2.8, theorem 2 (influence functions), algorithm 1 (errors and band).
        Mammen, E. (1993). Bootstrap and wild bootstrap for high dimensional linear models. Annals of Statistics 21(1),
        255-285.
    """
    _check(panel, weights, draws, multiplier)
    never = len(panel.periods)
    starts = np.unique(panel.start[panel.treated])
    counts = panel.n if weights == "people" else np.ones(panel.Y.shape)
    mean, share = _moments(panel, counts, [panel.start == each for each in starts])
    mean_0, share_0 = _moments(panel, counts, [panel.start == never])
    later = np.arange(1, never)
    base = np.where(later >= starts[:, None], starts[:, None] - 1, later - 1)
    values, influence = (_changes(each, later, base) for each in (mean - mean_0, share - share_0))
    errors, critical = _drawn(influence, _multipliers(multiplier, (draws, len(panel.units)), seed), level)
    return GroupTime(panel, starts, values, influence, errors, critical, level)


def _check(panel: Panel, weights: Weighting, draws: int, multiplier: Multiplier) -> None:
    check_options(weights)
    if multiplier not in get_args(Multiplier):
        raise UnknownName.among("multiplier", multiplier, get_args(Multiplier))
    treated, _ = treated_and_controls(panel)
    if draws < _FEWEST:
        raise BadDesign(f"{draws} multiplier draws were asked for: at least {_FEWEST} were expected.")
    early = int((panel.start[treated] == 0).sum())
    if early:
        raise BadDesign(f"{early} units are treated from the first period on: leave them out, they have no base.")
    missing = int(np.isnan(panel.Y).sum())
    if missing:
        raise BadDesign(f"{missing} cells of the panel are missing: take longer periods, or fewer units.")
    if weights == "people" and not (panel.n > 0).all():
        raise BadDesign('The persons behind some cells are not known: give the panel n, or ask for weights="units".')


def _moments(panel: Panel, counts: Floats, members: list[Bools]) -> tuple[Floats, Floats]:
    """Return the means of groups [groups x periods], and what each unit adds to them [units x groups x periods]."""
    people = np.array(members, float)[:, :, None] * counts
    total = people.sum(axis=1)
    mean = (people * panel.Y).sum(axis=1) / total
    added = people * (panel.Y - mean[:, None]) / total[:, None]
    return mean, added.swapaxes(0, 1)


def _changes(levels: Floats, later: Ints, base: Ints) -> Floats:
    """Return each group's change from its base [... x groups x (periods - 1)]."""
    groups = np.arange(base.shape[0])[:, None]
    return levels[..., groups, later] - levels[..., groups, base]


def _multipliers(kind: Multiplier, shape: tuple[int, int], seed: int) -> Floats:
    if kind == "rademacher":
        return np.random.default_rng(seed).choice([-1.0, 1.0], shape)
    golden = (1 + 5**0.5) / 2
    return np.random.default_rng(seed).choice([1 - golden, golden], shape, p=[golden / 5**0.5, 1 - golden / 5**0.5])


def _drawn(influence: Floats, drawn: Floats, level: float) -> tuple[Floats, float]:
    """Return the errors, from the quartiles of the draws, and how many of them the band reaches."""
    units, *shape = influence.shape
    draws = drawn @ influence.reshape(units, -1)
    low, high = np.quantile(draws, [0.25, 0.75], axis=0)
    errors = (high - low) / (2 * stats.norm.ppf(0.75))
    # Where nothing varies there is nothing to be measured in errors.
    moving = errors > 0
    largest = np.abs(draws[:, moving] / errors[moving]).max(axis=1, initial=0.0)
    return errors.reshape(shape), float(np.quantile(largest, level))
