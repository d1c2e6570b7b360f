"""The synthetic country: 98 municipalities, and what moves them month by month, trials apart.

Every process is a sum of logarithms: a level of the municipality, AR(1) shocks of the municipality and of its region,
a trend, the business cycle and the season, to which municipalities answer differently, and the events of
`data/calendar.csv`. `data/demo_country.toml` holds the sizes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from frikommune.calendar import days_of, events
from frikommune.demo.draws import Floats, Ints, autoregressive, generator, normal, quantised
from frikommune.errors import UnknownName
from frikommune.municipalities import municipalities
from frikommune.shipped import read_toml, validated

SIZES = "demo_country.toml"
# The official series begin before the register: the checks before the trials ask for it.
HISTORY = tuple(f"{year}-{month:02d}" for year in range(2012, 2022) for month in range(1, 13))
MONTHS = tuple(label for label in HISTORY if label >= "2014-01")
_MOST = 6.0  # times the usual variance, for the islands
_SICK = "sick_exit"  # the exit process with what concerns the sick alone on top


@dataclass(frozen=True, slots=True)
class _Process:
    """How one process moves; see `data/demo_country.toml`."""

    level: float
    level_region: float
    own: float
    memory: float
    by_size: float
    region: float
    region_memory: float
    trend: float
    trend_region: float
    cycle: float
    cycle_spread: float
    season: tuple[float, ...]
    season_spread: float


@dataclass(frozen=True, slots=True)
class _Effect:
    """What an event of the calendar does to one process."""

    event: str
    process: str
    size: float
    spread: float = 0.0
    months: int = 1


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Country:
    """The municipalities, and what moves them.

    Attributes:
        seed: Seed of the register.
        codes: Codes of the municipalities, in order [98].
        people: Inhabitants of each [98].
        region: Number of the region of each, 0 to 4 in the order of their names [98].
        months: Months of the register, 2014-01 to 2021-12 [96].
        history: Months of the official series, from 2012-01 [120].
        paths: Of every process, the logarithm of its deviation from the national norm [98 x 120].
    """

    seed: int
    codes: Ints
    people: Floats
    region: Ints
    months: tuple[str, ...]
    history: tuple[str, ...]
    paths: Mapping[str, Floats]

    def __repr__(self) -> str:
        return f"Country: {len(self.codes)} municipalities, {len(self.months)} months, {len(self.paths)} processes"

    def shock(self, process: str) -> Floats:
        """Return how far a process lies from the national norm in the months of the register.

        Args:
            process: "inflow" (to benefits), "exit" (weekly chance of leaving one), "sick_exit" (the same for sickness
                benefit and job clarification: with the sick-pay extensions and the certificate voluntary from 2020),
                "employment"; for the official series also "assistance" and "unemployment".

        Returns:
            Logarithms, rounded to nine decimals [98 x 96].

        Raises:
            UnknownName: There is no such process.
        """
        return self.since_2012(process)[:, -len(self.months) :]

    def since_2012(self, process: str) -> Floats:
        """Return the same as `shock` over the longer history of the official series [98 x 120].

        Raises:
            UnknownName: There is no such process.
        """
        if process not in self.paths:
            raise UnknownName.among("process", process, self.paths)
        return self.paths[process]


@cache
def country(seed: int) -> Country:
    """Make the synthetic country of a seed.

    Args:
        seed: Seed of the register.
    """
    known = municipalities()
    regions = sorted({each.region for each in known.values()})
    region = np.array([regions.index(each.region) for each in known.values()], dtype=np.int64)
    raw = read_toml(SIZES)
    keys = list(raw["processes"])
    sizes = dict(zip(keys, validated(SIZES, _Process, raw["processes"].values()), strict=True))
    people = np.array([each.population for each in known.values()], dtype=np.float64)
    paths = {
        key: _path(generator(seed, "country", key), each, region, _turbulence(people, each.by_size), raw["cycle"])
        for key, each in sizes.items()
    }
    paths[_SICK] = paths["exit"]
    for effect in validated(SIZES, _Effect, raw["events"]):
        concerned = ("exit", _SICK) if effect.process == "exit" else (effect.process,)
        for process in concerned:
            paths[process] = paths[process] + _event(seed, effect)
    return Country(
        seed=seed,
        codes=np.array(list(known), dtype=np.int64),
        people=people,
        region=region,
        months=MONTHS,
        history=HISTORY,
        paths={key: _final(path) for key, path in paths.items()},
    )


def coverage(event: str) -> Floats:
    """Return the share of each month of the history that an event of the calendar covers [120]."""
    about = events()[event]
    shares = np.zeros(len(HISTORY))
    for at, label in enumerate(HISTORY):
        first, last = days_of(label.replace("-", "M"))
        begun, ended = max(first, about.start), min(last, about.end or last)
        shares[at] = max(0, (ended - begun).days + 1) / ((last - first).days + 1)
    return shares


def _turbulence(people: Floats, by_size: float) -> Floats:
    """Return how much more than the usual each municipality is shaken: small ones more, 1 in the mean of squares."""
    ratio = np.minimum(np.median(people) / people, _MOST)
    return np.sqrt(1 - by_size + by_size * ratio / (ratio.sum() / len(people)))


def _path(
    rng: np.random.Generator, sizes: _Process, region: Ints, turbulence: Floats, anchors: Mapping[str, float]
) -> Floats:
    units, months, regions = len(region), len(HISTORY), int(region.max()) + 1
    level = sizes.level * normal(rng, (units, 1)) + (sizes.level_region * normal(rng, (regions, 1)))[region]
    own = turbulence[:, None] * autoregressive(rng, (units, months), size=sizes.own, memory=sizes.memory)
    shared = autoregressive(rng, (regions, months), size=sizes.region, memory=sizes.region_memory)[region]
    decades = (np.arange(months) - months / 2) / 120
    slope = sizes.trend * normal(rng, (units, 1)) + (sizes.trend_region * normal(rng, (regions, 1)))[region]
    cycle = (sizes.cycle + sizes.cycle_spread * normal(rng, (units, 1))) * _cycle(anchors)
    season = (1 + sizes.season_spread * normal(rng, (units, 1))) * np.tile(sizes.season, months // 12)
    return level + own + shared + slope * decades + cycle + season


def _final(path: Floats) -> Floats:
    path = quantised(path)
    path.setflags(write=False)  # the country is kept for the whole run
    return path


def _cycle(anchors: Mapping[str, float]) -> Floats:
    path = np.zeros(len(HISTORY))
    places = [(HISTORY.index(label), value) for label, value in anchors.items()]
    for (begin, low), (end, high) in pairwise(places):
        steps = np.arange(end - begin + 1)
        path[begin : end + 1] = low + (high - low) * steps / (end - begin)
    return path


def _event(seed: int, effect: _Effect) -> Floats:
    """Return what an event adds to a process [98 x 120]."""
    scope, codes = events()[effect.event].scope, events()[effect.event].codes
    known = municipalities()
    concerned = np.array([scope == "national" or code in codes for code in known], dtype=np.float64)
    differs = 1 + effect.spread * normal(generator(seed, "event", effect.event, effect.process), len(known))
    share = coverage(effect.event)
    built = np.minimum(1.0, np.cumsum(share > 0) / effect.months)
    return effect.size * (concerned * differs)[:, None] * (share * built)
