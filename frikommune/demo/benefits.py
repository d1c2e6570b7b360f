"""The benefits of the register: how many begin, how long spells last, and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from frikommune.demo.draws import Floats, Ints, exponential, quantised
from frikommune.errors import ShippedDataError
from frikommune.shipped import read_toml, validated

FILE = "demo_benefits.toml"

EXITS = (
    "self_support",
    "job_clarification",
    "resource_programme",
    "flex_job",
    "disability_pension",
    "other",
    "emigration_or_death",
)
SELF_SUPPORT, JOB_CLARIFICATION, RESOURCE, FLEX_JOB, PENSION, OTHER, GONE = range(len(EXITS))
RUNNING = len(EXITS)  # a spell that has not ended
STRATA = ("sex", "age_band", "education", "origin", "history")
UNSEEN_LEVELS = 16
LONGEST = 200  # weeks, after which the weekly chance no longer changes


@dataclass(frozen=True, slots=True)
class Legal:
    """A week in which the law makes many leave at once."""

    week: int
    chance: float
    suspended: str
    exits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit; see `data/demo_benefits.toml`."""

    key: str
    benefit: str
    group: str
    hazard: tuple[tuple[int, float], ...]
    process: str
    again: float
    again_as: str
    work: float
    ages: tuple[float, ...]
    exits: tuple[Mapping[str, float], ...]
    inflow: float = 0.0
    other: str = ""
    legal: Legal | None = None


@cache
def benefits() -> dict[str, Benefit]:
    """Return the benefits by key.

    Raises:
        ShippedDataError: `data/demo_benefits.toml` is not what it should be.
    """
    entries = [{"key": key, **entry} for key, entry in read_toml(FILE)["kinds"].items()]
    found = {each.key: each for each in validated(FILE, Benefit, entries)}
    for each in found.values():
        if {each.again_as, each.other or each.key} - set(found):
            raise ShippedDataError(f"data/{FILE}: {each.key} leads to a benefit that is not there.")
    return found


def bands(stratum: str) -> tuple[str, ...]:
    """Return the bands of a stratum, such as "age_band"."""
    return tuple(_raw()["bands"][stratum])


def shares(stratum: str) -> Floats:
    """Return the cumulated shares of a stratum's bands, without the last."""
    return cumulated(_raw()["shares"][stratum])


def group_level(group: str) -> float:
    """Return the inflow of a municipality group as a ratio to the country."""
    return float(_raw()["groups"][group])


def cumulated(weights: tuple[float, ...] | list[float]) -> Floats:
    """Return cumulated shares of weights, without the last, which takes the rest."""
    total = np.array(weights, dtype=np.float64)
    return quantised(np.cumsum(total) / total.sum())[:-1]


@cache
def ease() -> Floats:
    """Return how easily each class of persons leaves a benefit, as a logarithm [classes]; see `class_of`."""
    about = _raw()["ease"]
    steps = (np.arange(UNSEEN_LEVELS) + 0.5) / UNSEEN_LEVELS
    # Evenly spread steps with a variance of 1: the tails do not matter here.
    unseen = about["unseen"] * (steps - 0.5) * np.sqrt(12.0)
    total = np.zeros(1)
    for part in (*(np.array(about[name]) for name in STRATA), unseen):
        total = (total[:, None] + part).ravel()
    return quantised(total)


@cache
def speed() -> Floats:
    """Return the ratio of the weekly chance of leaving to the usual one [classes]."""
    return quantised(exponential(ease()))


def class_of(*, sex: Ints, age: Ints, education: Ints, origin: Ints, history: Ints, unseen: Ints) -> Ints:
    """Return the class of each person: the number of its combination of bands and what is unseen [n]."""
    number = sex
    sizes = [len(bands(name)) for name in STRATA[1:]] + [UNSEEN_LEVELS]
    for part, size in zip((age, education, origin, history, unseen), sizes, strict=True):
        number = number * size + part
    return number


@cache
def hazards() -> Floats:
    """Return the weekly chance of leaving by week of the spell, the legal week apart [benefits x LONGEST]."""
    table = np.zeros((len(benefits()), LONGEST))
    for row, each in zip(table, benefits().values(), strict=True):
        for week, chance in each.hazard:
            row[week:] = chance
    return table


@cache
def exit_shares() -> Floats:
    """Return cumulated shares of the exits, by benefit and early, late or legal [benefits x 3 x exits - 1]."""
    table = np.zeros((len(benefits()), 3, len(EXITS) - 1))
    for rows, each in zip(table, benefits().values(), strict=True):
        legal = each.legal.exits if each.legal else each.exits[-1]
        for row, mix in zip(rows, (each.exits[0], each.exits[-1], legal), strict=True):
            row[:] = quantised(np.cumsum([float(mix.get(name, 0.0)) for name in EXITS[:-1]]))
    return table


@cache
def _raw() -> dict[str, dict]:
    return read_toml(FILE)
