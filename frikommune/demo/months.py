"""Person-months: who has a job and who supports themselves, from the first spell on."""

from dataclasses import dataclass

import numpy as np

from frikommune.demo.benefits import FLEX_JOB, GONE, RUNNING, SELF_SUPPORT, benefits, ease
from frikommune.demo.chances import chances
from frikommune.demo.draws import Floats, Ints, quantised
from frikommune.demo.people import People
from frikommune.demo.plans import plans
from frikommune.demo.spells import Spells
from frikommune.demo.weeks import BEGINS, END_MONTH, ENDS, FIRST_MONTH, HISTORY_MONTHS
from frikommune.demo.world import World

LONGEST_AFTER = 24  # months after the start of a spell that a person is followed
FULL = 100  # employment is counted in percent of full time, so that sums are exact
_JOB_MONTHS = 6  # months for which a person has the same luck with a job
_USUAL, _PER_EASE, _LOWEST, _HIGHEST = 0.74, 0.2, 0.05, 0.97
_HOURS = np.array([50, 70, 85, FULL, FULL, FULL], dtype=np.int64)  # percent of full time
_PART, _FLEX = 30, 40  # percent of full time, beside a benefit and in a flex job
_FLEX_CHANCE = 0.95
_WOBBLE = 9  # percent that the hours of a month fall short of the usual, at most


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Months:
    """Person-months.

    Attributes:
        spell: Number of the spell that began last, among the spells at hand [n].
        month: Number of the month from January 2012 [n].
        percent: Employment [n, percent of full time].
        self_supporting: Whether without public benefits in the whole month [n].
    """

    spell: Ints
    month: Ints
    percent: Ints
    self_supporting: np.ndarray

    def __repr__(self) -> str:
        return f"Months: {len(self.spell)} person-months"


def months(about: World, persons: People, spells: Spells) -> Months:
    """Return each person's months from the first spell on, to 24 months after each spell's start or the end of data.

    Args:
        about: What moves the register.
        persons: The persons.
        spells: Their spells in the register, by person and turn.
    """
    begins, ends = BEGINS[spells.start], ends_in(spells)
    more = spells.who[1:] == spells.who[:-1]
    following = np.append(np.where(more, begins[1:], END_MONTH), END_MONTH)
    last = np.minimum(np.minimum(begins + LONGEST_AFTER, END_MONTH - 1), following - 1)
    last = np.where(spells.exit == GONE, np.minimum(last, ends), last)
    length = np.maximum(last - begins + 1, 0)
    spell = np.repeat(np.arange(len(length)), length)
    month = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length - begins, length)
    percent, self_supporting = status(about, persons, spells, spell, month)
    return Months(spell, month, percent, self_supporting)


def status(
    about: World, persons: People, spells: Spells, spell: Ints, month: Ints, *, off: int | None = None
) -> tuple[Ints, np.ndarray]:
    """Return employment and self-support of persons in a month.

    Args:
        about: What moves the register.
        persons: The persons.
        spells: Their spells.
        spell: Number of the spell that began last before or in the month [n].
        month: Number of the month [n].
        off: Number of a trial that does nothing.

    Returns:
        Percent of full time, and whether without public benefits all month [n each].
    """
    ends, done = ends_in(spells)[spell], spells.exit[spell]
    over = (month > ends) & (done != RUNNING)
    free = over & (done == SELF_SUPPORT)
    flex = over & (done == FLEX_JOB)
    chance = np.where(over, 0.0, np.array([each.work for each in benefits().values()])[spells.kind[spell]])
    chance[flex] = _FLEX_CHANCE
    at = np.flatnonzero(free)
    chance[at] = _job_chance(about, persons, spells, spell[at], month=month[at], off=off)
    percent = np.zeros(len(spell), dtype=np.int64)
    open_ = np.flatnonzero(chance > 0)
    uid = persons.uid[spells.who[spell[open_]]]
    works = open_[chances(uid, "job", month[open_] // _JOB_MONTHS) < chance[open_]]
    uid = persons.uid[spells.who[spell[works]]]
    usual = _HOURS[(chances(uid, "hours") * len(_HOURS)).astype(np.int64)]
    usual = np.where(free[works], usual, np.where(flex[works], _FLEX, _PART))
    wobble = (chances(uid, "wobble", month[works]) * (_WOBBLE + 1)).astype(np.int64)
    percent[works] = usual - np.where(usual == FULL, 0, wobble)
    return percent, free


def ends_in(spells: Spells) -> Ints:
    """Return the month in which each spell's last day falls [n]."""
    return ENDS[spells.start + spells.weeks - 1]


def _job_chance(about: World, persons: People, spells: Spells, spell: Ints, *, month: Ints, off: int | None) -> Floats:
    """Return the chance of a job of those who support themselves [n]."""
    usual = np.clip(_USUAL + _PER_EASE * ease(), _LOWEST, _HIGHEST)
    where = persons.where[spells.who[spell]]
    moved = about.jobs[where, np.minimum(month, HISTORY_MONTHS - 1)]
    chance = np.clip(usual[spells.cls[spell]] * moved, _LOWEST, _HIGHEST)
    for trial, plan in enumerate(plans()):
        lift = about.effects[plan.key].employment
        if lift and trial != off:
            used = (spells.used[spell] >> trial) & 1 == 1
            chance[used] = np.clip(chance[used] + lift, _LOWEST, 1.0)
    return quantised(chance)


def register_month(month: Ints) -> Ints:
    """Return the place of a month among those of the register, 2014-01 being 0."""
    return month - FIRST_MONTH
