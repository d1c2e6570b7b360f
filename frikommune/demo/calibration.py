"""Fits the register to what was published: the inflow to one number of cases, and the use of every waiver to its own.

A pilot of the eleven municipalities at size 1 is lived through without any use; the usual chance of use then follows
from who could have used each waiver. The published numbers are expectations: a register differs from them by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from frikommune.demo.benefits import speed
from frikommune.demo.country import Country
from frikommune.demo.draws import Floats, Ints, quantised
from frikommune.demo.effects import Effect
from frikommune.demo.people import people, pools
from frikommune.demo.plans import Uses, plans
from frikommune.demo.spells import first_onsets, follow
from frikommune.demo.weeks import END_WEEK, LAST_DAY, week_after
from frikommune.demo.world import World, world

_HALVINGS = 60
_FITS = 2  # not all cases come of the inflow that is fitted: one step does not get there


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Pilot:
    """The spells of the pilot: where, when, of which class, and the trials whose waiver could be used."""

    where: Ints
    start: Ints
    cls: Ints
    could: Ints

    def among(self, trial: int, where: Ints, until: date) -> np.ndarray:
        """Tell which spells could use a waiver in some municipalities up to a day, that day included."""
        could = (self.could >> trial) & 1 == 1
        return could & np.isin(self.where, where) & (self.start < week_after(until))


def calibrated(country: Country, effects: Mapping[str, Effect]) -> World:
    """Return the world in which use and inflow at size 1 are expected to be what was published.

    Args:
        country: The municipalities and their shocks.
        effects: What each trial does.
    """
    scale, about = 1.0, world(country, effects)
    pilot = _pilot(about)
    for _ in range(_FITS):
        scale *= _short_by(pilot, country)
        about = world(country, effects, scale=scale)
        pilot = _pilot(about)
    rates = np.zeros(about.adopted.shape)
    for trial, plan in enumerate(plans()):
        for uses in plan.uses:
            where = np.flatnonzero(np.isin(country.codes, uses.codes))
            rates[trial, where] = _rate(pilot, trial, where, uses, about.leaning[trial])
    return world(country, effects, scale=scale, rates=rates)


def _pilot(about: World) -> _Pilot:
    candidates = pools(about, size=1.0, only=about.inside)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    persons = persons.take(persons.turned_by < 0)
    spells = follow(about, persons, first_onsets(persons), until=END_WEEK)
    some = spells.take(spells.could > 0)
    return _Pilot(persons.where[some.who], some.start, some.cls, some.could)


def _short_by(pilot: _Pilot, country: Country) -> float:
    """Return the ratio of the published number that could have used a waiver to that of a pilot."""
    trial, plan = next((at, each) for at, each in enumerate(plans()) if each.eligible is not None)
    (uses,) = plan.uses
    where = np.flatnonzero(np.isin(country.codes, uses.codes))
    found = pilot.among(trial, where, uses.until or LAST_DAY).sum()
    return float(quantised(np.array((plan.eligible or 0) / found)))


def _rate(pilot: _Pilot, trial: int, where: Ints, uses: Uses, leaning: Floats) -> float:
    """Return the usual chance of use with which the expected number of uses is the published one."""
    who = pilot.among(trial, where, uses.until or LAST_DAY)
    classes = np.bincount(pilot.cls[who], minlength=len(speed()))
    wanted = uses.count if uses.count is not None else (uses.share or 0.0) * classes.sum()
    low, high = 0.0, 1.0 / leaning.min()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = (classes * np.minimum(1.0, middle * leaning)).sum() >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return float(quantised(np.array(high)))
