"""Cases of the municipal systems: when opened, brought to a meeting and decided, and whether the waiver was used."""

from dataclasses import dataclass, fields

import numpy as np

from frikommune.demo.chances import chances
from frikommune.demo.draws import Floats, Ints
from frikommune.demo.people import People
from frikommune.demo.plans import plans
from frikommune.demo.spells import Spells
from frikommune.demo.weeks import END_WEEK, LAST_DAY, MONDAY, days
from frikommune.demo.world import World, treated_from

NONE = -1  # no day
LAST = days(np.array(0)) + (LAST_DAY - MONDAY).days
_OPENED_WITHIN = 14  # days after the spell's start
# What a usual case takes of the usual days: most a little less, a few nearly twice as long; harder cases take longer.
_LEAST, _SPREAD, _TAIL = 0.45, 0.6, 0.9
_HARDER = 0.25


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Cases:
    """Cases; days are counted from 1970, NONE where there is none.

    Attributes:
        trial: Number of the trial whose target group it is [n].
        spell: Number of the spell among those at hand [n].
        opened: Day on which the case was opened [n].
        meeting: Days from then to the meeting [n].
        decision: Days from then to the decision [n].
        could: Whether the trial's waiver could be used [n].
        used: Whether it was [n].
    """

    trial: Ints
    spell: Ints
    opened: Ints
    meeting: Ints
    decision: Ints
    could: np.ndarray
    used: np.ndarray

    def __repr__(self) -> str:
        return f"Cases: {len(self.spell)} cases"

    def take(self, which: Ints | np.ndarray) -> "Cases":
        """Return some of them."""
        return Cases(*(getattr(self, each.name)[which] for each in fields(self)))


def all_cases(about: World, persons: People, spells: Spells) -> Cases:
    """Return the cases of all trials' target groups, spell by spell."""
    found = [cases(about, persons, spells, trial) for trial in range(len(plans()))]
    every = Cases(*(np.concatenate([getattr(each, name.name) for each in found]) for name in fields(Cases)))
    return every.take(np.argsort(every.spell, kind="stable"))


def cases(about: World, persons: People, spells: Spells, trial: int, *, off: bool = False) -> Cases:
    """Return the cases of a trial's target group.

    Args:
        about: What moves the register.
        persons: The persons.
        spells: Their spells.
        trial: Number of the trial.
        off: Whether the trial does nothing: the register's twin without it. Its uses are still told.
    """
    plan, effect = plans()[trial], about.effects[plans()[trial].key]
    spell = _with_case(about, persons, spells, trial)
    uid, turn = persons.uid[spells.who[spell]], spells.turn[spell]
    could = (spells.could[spell] >> trial) & 1 == 1
    used = (spells.used[spell] >> trial) & 1 == 1
    acts = (used & (not off)) | _by_law(about, persons, spells.take(spell), trial)
    slow = 1.0 + _HARDER * (1.0 - persons.unseen[spells.who[spell]] / 8)
    opened = days(spells.start[spell]) + (chances(uid, f"opened {plan.key}", turn) * _OPENED_WITHIN).astype(np.int64)
    meeting = _days(
        plan.case.meeting, slow * np.where(acts, effect.meeting, 1.0), chances(uid, f"meeting {plan.key}", turn)
    )
    decision = _days(
        plan.case.decision, slow * np.where(acts, effect.decision, 1.0), chances(uid, f"decision {plan.key}", turn)
    )
    if plan.exempt:
        meeting = np.where(used, NONE, meeting)
    return Cases(np.full(len(spell), trial), spell, opened, meeting, decision, could, used)


def _with_case(about: World, persons: People, spells: Spells, trial: int) -> Ints:
    """Return the spells with a case: those that could use the waiver, and for timed cases all like them elsewhere."""
    plan = plans()[trial]
    could = (spells.could >> trial) & 1 == 1
    if plan.case.timed:
        share = about.eligible[trial, spells.kind]
        like = np.flatnonzero((share > 0) & ~could)
        runs = treated_from(about, trial, where=persons.where[spells.who[like]], start=spells.start[like])
        like = like[~runs]  # where the trial runs, those with a case are those that could use it
        chance = chances(persons.uid[spells.who[like]], f"could {plan.key}", spells.turn[like])
        could[like[chance < share[like]]] = True
    return np.flatnonzero(could)


def _by_law(about: World, persons: People, spells: Spells, trial: int) -> np.ndarray:
    """Tell with whom the waiver is used once the law gives it to everybody: as often as where the trial ran [n]."""
    lawful = (spells.start >= about.ended[trial]) & (about.ended[trial] < END_WEEK)
    rate = about.rates[trial].max() * about.leaning[trial, spells.cls]
    return lawful & (chances(persons.uid[spells.who], f"used {plans()[trial].key}", spells.turn) < rate)


def _days(usual: int | None, ratio: Floats, chance: Floats) -> Ints:
    if usual is None:
        return np.full(len(ratio), NONE, dtype=np.int64)
    length = _LEAST + _SPREAD * chance + _TAIL * chance * chance * chance * chance
    return (usual * ratio * length).astype(np.int64)
