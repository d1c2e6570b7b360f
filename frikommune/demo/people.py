"""The people of the register: who first comes to which benefit, where and when.

Candidates are numbered through: municipality by municipality, benefit by benefit. Each candidate falls in a week with
a chance in proportion to the inflow expected then, or never comes, so that any stretch of candidates can be made alone.
"""

from dataclasses import dataclass, fields

import numpy as np

from frikommune.demo.benefits import STRATA, UNSEEN_LEVELS, benefits, cumulated, shares
from frikommune.demo.chances import Ids, chances, identities, picked
from frikommune.demo.draws import Floats, Ints, quantised
from frikommune.demo.plans import plans
from frikommune.demo.world import World

_SPARE = 1.25  # candidates for each person expected: the more, the nearer the counts are to Poisson
_NOBODY = -1
WEEKS_A_YEAR = 52
_AGE_FROM = (18, 25, 30, 40, 50, 60, 67)
AGE_BOUNDS = np.array(_AGE_FROM[1:-1]) * WEEKS_A_YEAR
PENSION_AGE = _AGE_FROM[-1] * WEEKS_A_YEAR


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Pools:
    """The candidates, by municipality and benefit, and the extra ones that a trial draws in.

    Attributes:
        where: Number of the municipality [pools].
        kind: Number of the benefit [pools].
        drawn_by: Number of the trial that draws them in, -1 for the usual candidates [pools].
        ends: Number after each pool's last candidate [pools].
        chance: Pool number plus the cumulated chance of coming by each week [pools x weeks].
        turned_away: Chance that a trial keeps a candidate out in a week [pools x weeks].
        turned_by: Number of that trial, -1 where none does [pools].
    """

    where: Ints
    kind: Ints
    drawn_by: Ints
    ends: Ints
    chance: Floats
    turned_away: Floats
    turned_by: Ints

    def __repr__(self) -> str:
        return f"Pools: {len(self.where)} pools, {self.candidates} candidates"

    @property
    def candidates(self) -> int:
        """How many candidates there are."""
        return int(self.ends[-1])


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class People:
    """Persons at their first spell.

    Attributes:
        number: Number of the candidate [n].
        uid: Identity that all their chances belong to [n].
        where: Number of the municipality [n].
        kind: Number of the first benefit [n].
        start: Week of the first spell [n].
        age: Age then [n, weeks].
        sex: Number of the band; so are education, origin and history [n].
        education: See sex.
        origin: See sex.
        history: See sex.
        unseen: Level of what only the caseworker sees, 0 to 15 [n].
        drawn_by: Trial that drew the person in, or -1 [n].
        turned_by: Trial that keeps the person out, or -1: in the register's untreated twin only [n].
    """

    number: Ints
    uid: Ids
    where: Ints
    kind: Ints
    start: Ints
    age: Ints
    sex: Ints
    education: Ints
    origin: Ints
    history: Ints
    unseen: Ints
    drawn_by: Ints
    turned_by: Ints

    def __repr__(self) -> str:
        return f"People: {len(self.number)} persons"

    def take(self, which: Ints | np.ndarray) -> "People":
        """Return some of them, in the order given."""
        return People(*(getattr(self, each.name)[which] for each in fields(self)))


def pools(about: World, *, size: float, only: np.ndarray | None = None) -> Pools:
    """Number the candidates.

    Args:
        about: What moves the register.
        size: Ratio of the number of persons to that of size 1.
        only: Municipalities to make [98 booleans]; all by default.
    """
    found = [
        (where, kind, drawn_by, expected)
        for where in range(len(about.country.codes))
        if only is None or only[where]
        for kind in range(len(benefits()))
        for drawn_by, expected in _expected(about, where, kind, size)
    ]
    table = np.array([expected for *_, expected in found])
    sizes = np.ceil(quantised(_SPARE * table.sum(axis=1))).astype(np.int64)
    chance = quantised(np.cumsum(table, axis=1) / np.maximum(sizes, 1)[:, None])
    where, kind, drawn_by = (np.array([each[at] for each in found], dtype=np.int64) for at in range(3))
    away, turned_by = _turned_away(about, where, kind, drawn_by, table.shape[1])
    return Pools(
        where=where,
        kind=kind,
        drawn_by=drawn_by,
        ends=np.cumsum(sizes),
        chance=np.arange(len(found))[:, None] + chance,
        turned_away=away,
        turned_by=turned_by,
    )


def people(about: World, candidates: Pools, *, first: int, last: int) -> People:
    """Make the persons among candidates `first` to `last` (not included); most candidates become one.

    Args:
        about: What moves the register.
        candidates: The candidates.
        first: Number of the first.
        last: Number after the last.
    """
    number = np.arange(first, min(last, candidates.candidates), dtype=np.int64)
    pool = np.searchsorted(candidates.ends, number, side="right")
    within = number - np.concatenate(([0], candidates.ends))[pool]
    stream = (candidates.where[pool] * 64 + candidates.kind[pool]) * 64 + candidates.drawn_by[pool] + 1
    uid = identities(("people", about.country.seed), stream * 2**40 + within)
    weeks = candidates.chance.shape[1]
    week = np.searchsorted(candidates.chance.ravel(), pool + chances(uid, "start"), side="right") - pool * weeks
    comes = week < weeks
    number, pool, uid, week = number[comes], pool[comes], uid[comes], week[comes].astype(np.int64)
    kind, drawn_by = candidates.kind[pool], candidates.drawn_by[pool]
    turned = chances(uid, "turned away") < candidates.turned_away[pool, week]
    unseen = (chances(uid, "unseen") * UNSEEN_LEVELS).astype(np.int64)
    return People(
        number=number,
        uid=uid,
        where=candidates.where[pool],
        kind=kind,
        start=week,
        age=_age(uid, kind),
        **{name: picked(shares(name), chances(uid, name)) for name in STRATA if name != "age_band"},
        # Who comes only because of a trial is easy to place: that is what lowers the mean durations.
        unseen=np.where(drawn_by >= 0, UNSEEN_LEVELS * 3 // 4 + unseen // 4, unseen),
        drawn_by=drawn_by,
        turned_by=np.where(turned, candidates.turned_by[pool], _NOBODY),
    )


def _expected(about: World, where: int, kind: int, size: float) -> list[tuple[int, Floats]]:
    """Return the inflow expected by week: the usual, then what each trial draws in."""
    usual = about.inflow[where, kind] * size
    if not usual.any():
        return []
    return [(_NOBODY, usual)] + [
        (trial, usual * runs * (ratio - 1.0)) for trial, runs, ratio in _moving(about, where, kind) if ratio > 1.0
    ]


def _moving(about: World, where: int, kind: int) -> list[tuple[int, np.ndarray, float]]:
    """Return the trials that move an inflow, when, and by how much."""
    weeks = np.arange(about.inflow.shape[2])
    moving = []
    for trial, plan in enumerate(plans()):
        ratio = about.effects[plan.key].inflow
        if ratio != 1.0 and about.eligible[trial, kind] > 0 and about.adopted[trial, where] < about.ended[trial]:
            runs = (weeks >= about.adopted[trial, where]) & (weeks < about.ended[trial])
            moving.append((trial, runs, ratio))
    return moving


def _turned_away(about: World, where: Ints, kind: Ints, drawn_by: Ints, weeks: int) -> tuple[Floats, Ints]:
    """Return who keeps candidates out, and how likely; where two trials would, the last one does."""
    away, by = np.zeros((len(where), weeks)), np.full(len(where), _NOBODY, dtype=np.int64)
    for pool in np.flatnonzero((drawn_by == _NOBODY) & about.inside[where]):
        for trial, runs, ratio in _moving(about, where[pool], kind[pool]):
            if ratio < 1.0:
                away[pool], by[pool] = runs * (1.0 - ratio), trial
    return away, by


def _age(uid: Ids, kind: Ints) -> Ints:
    ages = np.array([cumulated(each.ages) for each in benefits().values()])
    band = picked(ages[kind], chances(uid, "age band"))
    low, high = np.array(_AGE_FROM[:-1])[band], np.array(_AGE_FROM[1:])[band]
    return ((low + (high - low) * chances(uid, "age")) * WEEKS_A_YEAR).astype(np.int64)
