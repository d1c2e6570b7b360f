"""Benefit spells, week by week, and the spells that follow from them.

A spell ends in the first week in which the chance of still being there falls below the spell's own uniform number. Its
untreated twin has the same number, so the two differ by what the trial does and by nothing else.
"""

from dataclasses import dataclass, fields

import numpy as np

from frikommune.demo.benefits import (
    EXITS,
    FLEX_JOB,
    GONE,
    JOB_CLARIFICATION,
    LONGEST,
    OTHER,
    RESOURCE,
    RUNNING,
    SELF_SUPPORT,
    benefits,
    class_of,
    exit_shares,
    speed,
)
from frikommune.demo.chances import chances, picked
from frikommune.demo.draws import Floats, Ints
from frikommune.demo.people import AGE_BOUNDS, PENSION_AGE, People
from frikommune.demo.plans import plans
from frikommune.demo.weeks import HORIZON
from frikommune.demo.world import PADDING, World, treated_from

_MOST = 10  # spells of one person: no more are followed
_HIGHEST = 0.9  # weekly chance of leaving, whatever moves it
_LATE = 22  # the week from which the second mix of exits holds
_LONG_HISTORY = 27  # weeks
_LEGAL_MIX = 2
_GAP, _GAP_CHANCE = 6, 0.03  # weeks before a person is back at the earliest, and the weekly chance from then on
_FLEX_AGAIN, _FLEX_SLOWER = 0.35, 4  # from a flex job to the allowance, after longer gaps
_STILL = np.cumprod(np.full(400, 1.0 - _GAP_CHANCE))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Onsets:
    """Spells that begin.

    Attributes:
        who: Number of the person among those at hand [n].
        turn: Which of the person's spells it is, from 0 [n].
        kind: Number of the benefit [n].
        start: First week [n].
        history: Number of the band of benefit history [n].
    """

    who: Ints
    turn: Ints
    kind: Ints
    start: Ints
    history: Ints

    def take(self, which: Ints | np.ndarray) -> "Onsets":
        """Return some of them."""
        return Onsets(*(getattr(self, each.name)[which] for each in fields(self)))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Spells:
    """Spells, each with its end.

    Attributes:
        who: Number of the person among those at hand [n].
        turn: Which of the person's spells it is [n].
        kind: Number of the benefit [n].
        start: First week [n].
        history: Number of the band of benefit history [n].
        weeks: How long it lasted [n, weeks].
        exit: Number of what it led to; RUNNING beyond the horizon [n].
        age_band: Number of the age band at the start [n].
        cls: Class of the person at the start [n].
        could: Trials whose waiver could be used, a bit each [n].
        used: Trials whose waiver was used, a bit each [n].
    """

    who: Ints
    turn: Ints
    kind: Ints
    start: Ints
    history: Ints
    weeks: Ints
    exit: Ints
    age_band: Ints
    cls: Ints
    could: Ints
    used: Ints

    def __repr__(self) -> str:
        return f"Spells: {len(self.who)} spells"

    def take(self, which: Ints | np.ndarray) -> "Spells":
        """Return some of them."""
        return Spells(*(getattr(self, each.name)[which] for each in fields(self)))


def first_onsets(persons: People) -> Onsets:
    """Return each person's first spell."""
    n = len(persons.number)
    return Onsets(np.arange(n), np.zeros(n, np.int64), persons.kind, persons.start, persons.history)


def follow(about: World, persons: People, onsets: Onsets, *, until: Ints | int, off: int | None = None) -> Spells:
    """Follow persons from spells that begin, through all spells that come of them.

    Args:
        about: What moves the register.
        persons: The persons.
        onsets: Where each begins.
        until: Week from which no new spell is followed [persons, or one for all].
        off: Number of a trial that does nothing: the register's twin without it.

    Returns:
        All spells, by person and turn.
    """
    found: list[Spells] = []
    limit = np.broadcast_to(until, persons.number.shape)
    while len(onsets.who):
        found.append(_lived(about, persons, onsets, off))
        onsets = _next(persons, found[-1])
        onsets = onsets.take((onsets.start < limit[onsets.who]) & (onsets.turn < _MOST))
    if not found:
        return _lived(about, persons, onsets, off)
    every = Spells(*(np.concatenate([getattr(each, name.name) for each in found]) for name in fields(Spells)))
    return every.take(np.argsort(every.who * _MOST + every.turn, kind="stable"))


def _lived(about: World, persons: People, onsets: Onsets, off: int | None) -> Spells:
    """Live through spells to their ends."""
    who, uid = onsets.who, persons.uid[onsets.who]
    age = persons.age[who] + onsets.start - persons.start[who]
    band = np.searchsorted(AGE_BOUNDS, age, side="right").astype(np.int64)
    cls = class_of(
        sex=persons.sex[who],
        age=band,
        education=persons.education[who],
        origin=persons.origin[who],
        history=onsets.history,
        unseen=persons.unseen[who],
    )
    could, used, pace = _uses(about, persons, onsets, cls, off)
    weeks = _weeks(about, onsets, persons.where[who], pace * speed()[cls], chances(uid, "stay", onsets.turn))
    mix = np.where(weeks > _LATE, 1, 0)
    last = np.minimum(weeks, LONGEST) - 1
    in_force = about.in_force[onsets.kind, onsets.start + weeks - 1] > 0
    mix = np.where((about.legal[onsets.kind, last] > 0) & in_force, _LEGAL_MIX, mix)
    to = picked(exit_shares()[onsets.kind, mix], chances(uid, "exit", onsets.turn))
    return Spells(
        who=who,
        turn=onsets.turn,
        kind=onsets.kind,
        start=onsets.start,
        history=onsets.history,
        weeks=weeks,
        exit=np.where(onsets.start + weeks >= HORIZON, RUNNING, to),
        age_band=band,
        cls=cls,
        could=could,
        used=used,
    )


def _uses(about: World, persons: People, onsets: Onsets, cls: Ints, off: int | None) -> tuple[Ints, Ints, Floats]:
    """Return which waivers could be and were used, and what that does to the weekly chance of leaving."""
    n = len(onsets.who)
    could, used, pace = np.zeros(n, np.int64), np.zeros(n, np.int64), np.ones(n)
    here = np.flatnonzero(about.inside[persons.where[onsets.who]] & (onsets.start >= about.adopted.min()))
    uid, where = persons.uid[onsets.who[here]], persons.where[onsets.who[here]]
    for trial, plan in enumerate(plans()):
        if trial == off:
            continue
        runs = treated_from(about, trial, where=where, start=onsets.start[here])
        share = about.eligible[trial, onsets.kind[here]] * runs
        at = np.flatnonzero(share > 0)
        at = at[chances(uid[at], f"could {plan.key}", onsets.turn[here[at]]) < share[at]]
        could[here[at]] |= 1 << trial
        rate = about.rates[trial, where[at]] * about.leaning[trial, cls[here[at]]]
        at = here[at[chances(uid[at], f"used {plan.key}", onsets.turn[here[at]]) < rate]]
        used[at] |= 1 << trial
        pace[at] *= about.effects[plan.key].hazard
    return could, used, pace


def _weeks(about: World, onsets: Onsets, where: Ints, pace: Floats, chance: Floats) -> Ints:
    """Return how many weeks each spell lasts, at most to the horizon [n]."""
    weeks = np.zeros(len(pace), dtype=np.int64)
    left = np.arange(len(pace))
    still = np.ones(len(pace))
    kinds, width = len(about.hazard), about.pull.shape[2]
    pull, hazard, legal, in_force = (each.ravel() for each in (about.pull, about.hazard, about.legal, about.in_force))
    row = onsets.kind * LONGEST
    place = (onsets.kind * len(about.country.codes) + where) * width + onsets.start
    law = onsets.kind * width + onsets.start
    has_law = {week for kind in range(kinds) for week in np.flatnonzero(about.legal[kind])}
    counted = np.zeros(len(pace), dtype=np.int64)
    for week in range(width):
        leaving = hazard[row + min(week, LONGEST - 1)] * pace * pull[place + week]
        if week in has_law:
            leaving += legal[row + week] * in_force[law + week]
        still *= 1.0 - np.minimum(leaving, _HIGHEST)
        stays = still >= chance
        counted += stays
        if week % PADDING == PADDING - 1:
            stays &= onsets.start[left] + week + 1 < HORIZON
            weeks[left] = counted
            left, counted, row, place, law = left[stays], counted[stays], row[stays], place[stays], law[stays]
            still, pace, chance = still[stays], pace[stays], chance[stays]
            if not len(left):
                break
    weeks += 1  # the week in which a spell ends counts
    return np.minimum(weeks, HORIZON - onsets.start)


def _next(persons: People, spells: Spells) -> Onsets:
    """Return the spells that follow from spells that ended."""
    kinds = list(benefits())
    uid = persons.uid[spells.who]
    after = spells.start + spells.weeks
    straight = np.array([_straight(key) for key in kinds])[spells.kind, np.minimum(spells.exit, OTHER)]
    again = np.array([each.again for each in benefits().values()])[spells.kind]
    back = (spells.exit == SELF_SUPPORT) & (chances(uid, "again", spells.turn) < again)
    flex = (spells.exit == FLEX_JOB) & (chances(uid, "again", spells.turn) < _FLEX_AGAIN)
    gap = _GAP + np.searchsorted(-_STILL, -chances(uid, "gap", spells.turn), side="left")
    back_as = np.array([kinds.index(each.again_as) for each in benefits().values()])[spells.kind]
    kind = np.where(back, back_as, np.where(flex, kinds.index("flex_unemployed"), straight))
    start = after + np.where(back, gap, np.where(flex, gap * _FLEX_SLOWER, 0))
    age = persons.age[spells.who] + start - persons.start[spells.who]
    goes = (kind >= 0) & (spells.exit < GONE) & (age < PENSION_AGE) & (start < HORIZON)
    history = np.where(spells.weeks < _LONG_HISTORY, 1, 2)
    return Onsets(spells.who, spells.turn + 1, kind, start, history).take(goes)


def _straight(key: str) -> list[int]:
    """Return the benefit that follows at once on each exit up to "other", -1 where none does."""
    kinds = list(benefits())
    other = benefits()[key].other
    to = {JOB_CLARIFICATION: "jaf", RESOURCE: "resource", OTHER: other}
    return [kinds.index(to[at]) if to.get(at) else -1 for at in range(len(EXITS) - 1)]
