"""What the trials really did: every treated spell beside its untreated twin, summed in whole numbers.

The spells counted are those that began where a trial ran, from its start to the end of its clean window. A twin is the
same person from the same day with the same numbers, in a register in which this one trial does nothing; the others go
on. Sums of whole weeks, days and percent are exact, so truth does not depend on the order in which people are made.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from frikommune.calendar import last_clean_day
from frikommune.demo.benefits import EXITS, RUNNING
from frikommune.demo.cases import cases
from frikommune.demo.draws import Ints
from frikommune.demo.months import FULL, status
from frikommune.demo.people import People
from frikommune.demo.plans import plans
from frikommune.demo.spells import Onsets, Spells, follow
from frikommune.demo.weeks import BEGINS, END_WEEK, HORIZON, week_after
from frikommune.demo.world import World
from frikommune.shipped import read_toml
from frikommune.trials import load_trials

FILE = "demo_measures.toml"
COLUMNS = (
    "trial", "outcome", "measure", "horizon", "unit", "effect", "per_use", "mc_error", "spells", "used", "persons",
)  # fmt: skip
_TWIN_WEEKS = 112  # that a twin is followed: the longest employment horizon, and the rest of its month
_MANY = 10_000  # more than there are months, so that a person and a month make one sortable number
_IN_PERCENT = {"employment": FULL}
_DECIMALS = 6

Key = tuple[int, str, str]


@dataclass(slots=True)
class Sums:
    """Running sums of differences between spells and their twins [whole units]."""

    total: int = 0
    squares: int = 0
    count: int = 0
    used: int = 0
    persons: int = 0

    def add(self, difference: Ints, *, count: int, used: int, persons: int) -> None:
        """Add differences; spells that are not among them differ by nothing.

        Args:
            difference: Differences that may not be 0 [whole units].
            count: Spells they stand among.
            used: Uses among those.
            persons: Persons among those.
        """
        self.total += int(difference.sum())
        self.squares += int((difference * difference).sum())
        self.count += count
        self.used += used
        self.persons += persons


@dataclass(slots=True)
class Truth:
    """The sums by trial, measure and horizon; for the inflow, spells drawn in less those kept out."""

    sums: dict[Key, Sums] = field(default_factory=lambda: defaultdict(Sums))

    def add(self, about: World, persons: People, spells: Spells) -> None:
        """Add some persons, with all their spells up to the horizon, those kept out of the register among them."""
        for trial, until in enumerate(clean_until()):
            self._inflow(about, persons, spells, trial, until)
            there = persons.turned_by[spells.who] < 0
            focal = np.flatnonzero(_in_window(about, persons, spells, trial, until) & there)
            if len(focal):
                self._spells(about, persons, spells, trial, focal)
                self._cases(about, persons, spells, trial, focal)

    def _inflow(self, about: World, persons: People, spells: Spells, trial: int, until: int) -> None:
        mine = _in_window(about, persons, spells, trial, until)
        drawn, turned = persons.drawn_by[spells.who], persons.turned_by[spells.who]
        there = mine & (turned < 0)
        difference = (there & (drawn == trial)).astype(np.int64) - (mine & (turned == trial))
        used = int(((spells.used[there] >> trial) & 1).sum())
        seen = len(np.unique(spells.who[there]))
        self.sums[trial, "inflow", ""].add(difference, count=int(there.sum()), used=used, persons=seen)

    def _spells(self, about: World, persons: People, spells: Spells, trial: int, focal: Ints) -> None:
        used = (spells.used >> trial) & 1 == 1
        pairs = _pairs(about, persons, spells, trial, focal)
        seen = len(np.unique(spells.who[focal]))
        for measure, found in measures().items():
            for horizon in found["horizons"]:
                if horizon:
                    difference = _difference(about, pairs, measure, horizon)
                    sums = self.sums[trial, measure, horizon]
                    sums.add(difference, count=len(focal), used=int(used[focal].sum()), persons=seen)

    def _cases(self, about: World, persons: People, spells: Spells, trial: int, focal: Ints) -> None:
        if not plans()[trial].case.timed:
            return
        some = spells.take(focal)
        actual, twin = cases(about, persons, some, trial), cases(about, persons, some, trial, off=True)
        for measure in ("meeting", "decision"):
            days, without = getattr(actual, measure), getattr(twin, measure)
            seen = (days >= 0) & (without >= 0)
            if seen.any():
                self.sums[trial, measure, ""].add(
                    (days - without)[seen],
                    count=int(seen.sum()),
                    used=int(actual.used[seen].sum()),
                    persons=len(np.unique(some.who[actual.spell[seen]])),
                )


def truth_table(truth: Truth) -> pd.DataFrame:
    """Return the truth as a table.

    Returns:
        One row a trial, measure and horizon: `effect` on all spells of the target group that began where and while the
        trial ran [unit], `per_use` the same for each use, `mc_error` the standard error of `effect` as an average over
        such spells, how many spells, uses and persons. `outcome` names the trial's own outcome that it answers to.
    """
    rows = [
        _row(trial, measure, horizon, about["unit"], truth.sums[trial, measure, horizon])
        for trial in range(len(plans()))
        for measure, about in measures().items()
        for horizon in about["horizons"]
        if truth.sums[trial, measure, horizon].count
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def measures() -> dict[str, dict]:
    """Return what is measured, by name: unit, horizons and text."""
    return _file()["measures"]


@cache
def clean_until() -> tuple[int, ...]:
    """Return the first week after each trial's clean window [trials]."""
    lasts = (last_clean_day(key, each.first_possible_start, each.clean_end) for key, each in load_trials().items())
    return tuple(min(week_after(last), END_WEEK) for last in lasts)


@cache
def _file() -> dict[str, dict]:
    return read_toml(FILE)


def _row(trial: int, measure: str, horizon: str, unit: str, sums: Sums) -> tuple:
    key = plans()[trial].key
    own = {each.key for each in load_trials()[key].outcomes}
    outcome = next((name for name, at in _file()["outcomes"].items() if name in own and at == [measure, horizon]), "")
    base = sums.count - sums.total if measure == "inflow" else sums.count * _IN_PERCENT.get(measure, 1)
    # Where all were drawn in there is nothing to compare with.
    effect, scale = (sums.total / base, sums.count / base) if base else (np.nan, np.nan)
    variance = max(sums.squares / sums.count - (sums.total / sums.count) ** 2, 0.0)
    error = scale * np.sqrt(variance / sums.count)
    per_use = effect * sums.count / sums.used if sums.used and measure != "inflow" else np.nan
    numbers = (round(float(each), _DECIMALS) + 0.0 for each in (effect, per_use, error))
    return (key, outcome, measure, horizon, unit, *numbers, sums.count, sums.used, sums.persons)


def _in_window(about: World, persons: People, spells: Spells, trial: int, until: int) -> np.ndarray:
    where = persons.where[spells.who]
    runs = (spells.start >= about.adopted[trial, where]) & (spells.start < min(until, about.ended[trial]))
    return runs & (about.eligible[trial, spells.kind] > 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Spells of persons with whom a waiver was ever used, and their twins without that trial; others do not differ.

    Attributes:
        persons: The persons at hand.
        spells: All their spells.
        which: Numbers of the spells that have a twin [n].
        alone: The person of each twin [n].
        twins: The twins with the spells that follow from them; a twin's person is its place in `which`.
        first: Numbers of the twins themselves among those [n].
        trial: Number of the trial.
    """

    persons: People
    spells: Spells
    which: Ints
    alone: People
    twins: Spells
    first: Ints
    trial: int


def _pairs(about: World, persons: People, spells: Spells, trial: int, focal: Ints) -> _Pairs:
    ever = np.bincount(spells.who[(spells.used >> trial) & 1 == 1], minlength=len(persons.number)) > 0
    which = focal[ever[spells.who[focal]]]
    some = spells.take(which)
    alone = persons.take(some.who)
    onsets = Onsets(np.arange(len(which)), some.turn, some.kind, some.start, some.history)
    until = np.minimum(some.start + _TWIN_WEEKS, HORIZON)
    twins = follow(about, alone, onsets, until=until, off=trial)
    return _Pairs(persons, spells, which, alone, twins, np.searchsorted(twins.who, np.arange(len(which))), trial)


def _difference(about: World, pairs: _Pairs, measure: str, horizon: str) -> Ints:
    """Return what a spell has more than its twin, at a horizon in weeks or months [n]."""
    spells, twins = pairs.spells.take(pairs.which), pairs.twins.take(pairs.first)
    if horizon.endswith("w"):
        return _by_week(spells, measure, horizon) - _by_week(twins, measure, horizon)
    month = BEGINS[spells.start] + int(horizon[:-1])
    actual = _in_month(about, pairs.persons, pairs.spells, spells.who, month=month, measure=measure)
    twin = _in_month(about, pairs.alone, pairs.twins, twins.who, month=month, measure=measure, off=pairs.trial)
    return actual - twin


def _by_week(spells: Spells, measure: str, horizon: str) -> Ints:
    week = int(horizon[:-1])
    out = (spells.weeks <= week) & (spells.exit != RUNNING)
    if measure == "weeks":
        return np.minimum(spells.weeks, week)
    if measure == "still":
        return 1 - out.astype(np.int64)
    if measure in EXITS:
        out &= spells.exit == EXITS.index(measure)
    return out.astype(np.int64)


def _in_month(
    about: World, persons: People, spells: Spells, who: Ints, *, month: Ints, measure: str, off: int | None = None
) -> Ints:
    """Return employment [percent] or self-support [0 or 1] of persons in a month; nobody who is gone has either."""
    latest = np.searchsorted(spells.who * _MANY + BEGINS[spells.start], who * _MANY + month, side="right") - 1
    percent, free = status(about, persons, spells, latest, month, off=off)
    return percent if measure == "employment" else free.astype(np.int64)
