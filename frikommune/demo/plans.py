"""The trials in the register: who could use a waiver and from when, what was published of its use, and the cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from frikommune.demo.benefits import benefits, ease
from frikommune.demo.draws import Floats, Ints, exponential, generator, quantised
from frikommune.demo.weeks import END_WEEK, LAST_DAY, week_after, week_from
from frikommune.municipalities import municipalities
from frikommune.shipped import read_toml, validated
from frikommune.trials import Trial, load_trials

FILE = "demo_trials.toml"
NEVER = 1_000_000  # a week that no spell begins in


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a waiver was used in some municipalities: a number up to a day, or a share where none was published."""

    codes: tuple[int, ...]
    count: int | None = None
    until: date | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the case system writes of a trial's cases, and the usual days to meeting and decision."""

    target_group: str
    meeting: int | None = None
    decision: int | None = None

    @property
    def timed(self) -> bool:
        """Whether cases have a meeting or a decision, and so are kept in the whole country."""
        return self.meeting is not None or self.decision is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """One trial in the register; see `data/demo_trials.toml`."""

    key: str
    kinds: Mapping[str, float]
    selection: float
    stagger: int
    case: Case
    exempt: bool = False
    eligible: int | None = None
    uses: tuple[Uses, ...] = field(default=())


@cache
def plans() -> tuple[Plan, ...]:
    """Return the plans of the trials, in the order of `load_trials`.

    Raises:
        ShippedDataError: `data/demo_trials.toml` is not what it should be.
    """
    raw = read_toml(FILE)
    return validated(FILE, Plan, [{"key": key, **raw[key]} for key in load_trials()])


def eligible_shares() -> Floats:
    """Return how many spells of each benefit could use each waiver [trials x benefits]."""
    return np.array([[plan.kinds.get(kind, 0.0) for kind in benefits()] for plan in plans()])


def leanings() -> Floats:
    """Return how much likelier than usual caseworkers use each waiver for each class of persons [trials x classes]."""
    return np.array([quantised(exponential(plan.selection * ease())) for plan in plans()])


def adoption_table(seed: int) -> pd.DataFrame:
    """Return when each municipality began with each trial, in the columns of the contract `adoption`.

    The first of a month, from the earliest start on; a trial ends where the law gives everybody what it gave, or with
    the network's trials.

    Args:
        seed: Seed of the register.
    """
    rows = [
        {"trial": key, "kommune_kode": code, "start": _start(seed, trial, plan, code), "end": _end(trial)}
        for (key, trial), plan in zip(load_trials().items(), plans(), strict=True)
        for code in sorted(trial.municipalities)
    ]
    return pd.DataFrame(rows, columns=["trial", "kommune_kode", "start", "end"])


def adoption_weeks(seed: int) -> Ints:
    """Return the first whole week of each trial in each municipality, NEVER where it takes no part [trials x 98]."""
    weeks = np.full((len(plans()), len(municipalities())), NEVER, dtype=np.int64)
    keys, codes = list(load_trials()), list(municipalities())
    for row in adoption_table(seed).itertuples():
        weeks[keys.index(row.trial), codes.index(row.kommune_kode)] = week_from(row.start)
    return weeks


def end_weeks() -> Ints:
    """Return the first week in which each trial is over [trials]."""
    ends = [_end(trial) for trial in load_trials().values()]
    return np.array([END_WEEK if end == LAST_DAY else week_after(end) for end in ends])


def _start(seed: int, trial: Trial, plan: Plan, code: int) -> date:
    first = trial.first_possible_start
    later = int(generator(seed, "adoption", trial.key, code).integers(0, plan.stagger + 1))
    month = first.month - 1 + later
    return date(first.year + month // 12, month % 12 + 1, 1)


def _end(trial: Trial) -> date:
    law = trial.national_law
    over = law.status == "whole" and law.since is not None and law.since <= LAST_DAY
    return law.since - timedelta(days=1) if over and law.since else LAST_DAY
