"""Everything that moves the register: shocks by week, trials and their effects, and how often waivers are used."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from frikommune.calendar import days_of
from frikommune.demo.benefits import LONGEST, benefits, group_level, hazards
from frikommune.demo.country import Country, coverage
from frikommune.demo.draws import Floats, Ints, exponential, quantised
from frikommune.demo.effects import Effect
from frikommune.demo.plans import adoption_weeks, eligible_shares, end_weeks, leanings, plans
from frikommune.demo.weeks import BEGINS, HISTORY_MONTHS, HORIZON, week_from
from frikommune.municipalities import municipalities, network
from frikommune.trials import load_trials

_WEEKS_A_YEAR = 365.25 / 7
PADDING = 8  # weeks beyond the horizon that a loop may look into before it drops what has passed it


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class World:
    """What moves the register.

    Attributes:
        country: The municipalities and their shocks.
        effects: What each trial does.
        adopted: First week of each trial in each municipality [trials x 98].
        ended: First week in which each trial is over [trials].
        inside: Whether a municipality takes part in any trial [98].
        eligible: Share of the spells of each benefit that could use each waiver [trials x benefits].
        leaning: How much likelier than usual each waiver is used for a class of persons [trials x classes].
        rates: Usual chance that a waiver is used where it could be [trials x 98].
        hazard: Weekly chance of leaving by week of the spell [benefits x LONGEST].
        pull: Ratio of that chance in a municipality and week [benefits x 98 x weeks].
        legal: Chance of leaving in a week that the law sets, where the rule is not suspended [benefits x LONGEST].
        in_force: Share of each week in which the rule of that benefit is not suspended [benefits x weeks].
        inflow: First spells expected at size 1 [98 x benefits x weeks].
        jobs: Ratio of the chance of a job [98 x months].
    """

    country: Country
    effects: Mapping[str, Effect]
    adopted: Ints
    ended: Ints
    inside: np.ndarray
    eligible: Floats
    leaning: Floats
    rates: Floats
    hazard: Floats
    pull: Floats
    legal: Floats
    in_force: Floats
    inflow: Floats
    jobs: Floats

    def __repr__(self) -> str:
        return f"World: {len(self.effects)} trials, {self.pull.shape[1]} municipalities, {self.pull.shape[2]} weeks"


def world(country: Country, effects: Mapping[str, Effect], *, rates: Floats | None = None, scale: float = 1.0) -> World:
    """Put together what moves the register.

    Args:
        country: The municipalities and their shocks.
        effects: What each trial does.
        rates: Usual chance that a waiver is used [trials x 98]; none is used by default.
        scale: Ratio of the inflow to sickness benefit to that of `data/demo_benefits.toml`.
    """
    adopted = adoption_weeks(country.seed)
    return World(
        country=country,
        effects=effects,
        adopted=adopted,
        ended=end_weeks(),
        inside=np.isin(country.codes, network()),
        eligible=eligible_shares(),
        leaning=leanings(),
        rates=np.zeros(adopted.shape) if rates is None else rates,
        hazard=hazards(),
        pull=_pull(country, effects),
        legal=_legal(),
        in_force=_in_force(),
        inflow=_inflow(country, scale),
        jobs=exponential(country.since_2012("employment")),
    )


def treated_from(about: World, trial: int, *, where: Ints, start: Ints) -> np.ndarray:
    """Tell which spells begin where and while a trial runs [n]."""
    return (start >= about.adopted[trial, where]) & (start < about.ended[trial])


def _by_week(monthly: Floats, weeks: int) -> Floats:
    months = BEGINS[np.minimum(np.arange(weeks), HORIZON)]
    return monthly[..., np.minimum(months, HISTORY_MONTHS - 1)]


def _pull(country: Country, effects: Mapping[str, Effect]) -> Floats:
    """Return the ratio of the weekly chance of leaving; nobody leaves beyond the horizon."""
    weeks = HORIZON + PADDING
    rows = [exponential(country.since_2012(each.process)) for each in benefits().values()]
    table = _by_week(quantised(np.array(rows)), weeks)
    here = np.isin(country.codes, network())
    for plan, trial in zip(plans(), load_trials().values(), strict=True):
        since = np.arange(weeks) >= week_from(trial.first_possible_start)
        for at, kind in enumerate(benefits()):
            if kind in plan.kinds:
                table[at][np.ix_(here, since)] *= effects[plan.key].region
    table[:, :, HORIZON:] = 0.0
    return np.ascontiguousarray(table)


def _legal() -> Floats:
    table = np.zeros((len(benefits()), LONGEST))
    for row, each in zip(table, benefits().values(), strict=True):
        if each.legal:
            row[each.legal.week] = each.legal.chance
    return table


def _in_force() -> Floats:
    rows = [
        1.0 - coverage(each.legal.suspended) if each.legal else np.ones(HISTORY_MONTHS) for each in benefits().values()
    ]
    table = _by_week(quantised(np.array(rows)), HORIZON + PADDING)
    table[:, HORIZON:] = 0.0
    return np.ascontiguousarray(table)


def _inflow(country: Country, scale: float) -> Floats:
    groups = np.array([group_level(each.group) for each in municipalities().values()])
    usual = np.array([each.inflow * (scale if key == "sick" else 1.0) for key, each in benefits().items()])
    level = (country.people * groups)[:, None] / 1000 * usual / _WEEKS_A_YEAR
    moved = exponential(country.since_2012("inflow"))
    weeks = _by_week(quantised(moved), week_from(days_of("2021M12")[1]))
    return level[:, :, None] * weeks[:, None, :]
