"""Made-up surveys: the table `survey`, and what everybody invited would have answered.

Opinions are normal, move with use of the waiver, and decide who answers: the mean of the answers is biased, and no
weight mends it. `data/demo_surveys.toml` says who was asked what.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.demo.country import Country
from frikommune.demo.draws import Floats, Ints, generator, normal
from frikommune.schema import contract
from frikommune.shipped import read_toml, validated
from frikommune.trials import trial

SURVEYS = "demo_surveys.toml"
_CUTS = {5: np.array([-1.4, -0.6, 0.2, 1.0]), 2: np.array([0.0])}
_WORDS = {5: np.array(["1", "2", "3", "4", "5"]), 2: np.array(["nej", "ja"])}
_OWN, _COMMON, _PLACE = 0.6, 0.8, 0.15  # of an opinion: on the item, on everything, of the municipality
_MIDDLE = 3
_SKIPPED = 0.03  # of the items that a respondent was to answer


@dataclass(frozen=True, slots=True)
class _Item:
    item: str
    scale: int
    middle: float
    effect: float


@dataclass(frozen=True, slots=True)
class _Survey:
    """Who was asked about a trial, and what; see `data/demo_surveys.toml`."""

    trial: str
    role: str
    waves: tuple[str, ...]
    most: int
    response: float
    lean: float
    items: tuple[_Item, ...]
    people_per: int | None = None
    links: float = 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """The people of one survey and wave: municipality, use, weight, whether invited, and opinion on everything."""

    codes: Ints
    place: Floats
    used: NDArray[np.bool_]
    weight: Floats
    invited: NDArray[np.bool_]
    opinion: Floats


def asked(country: Country, uptake: pd.DataFrame, seed: int, size: float) -> pd.DataFrame:
    """Ask citizens, caseworkers, doctors, firms and unemployment funds.

    Args:
        country: The synthetic country.
        uptake: The table `uptake`: who had used the waiver by the end of the wave's year.
        seed: Seed of the register.
        size: How many are invited, as a share of what real surveys invited; at least one where there is anybody.

    Returns:
        Every person asked with every item: opinion, score, the score without use, and whether it was given.
    """
    parts = list(_parts(country, uptake, seed, size))
    before = 0
    for part in parts:
        part["respondent"] += before
        before = int(part["respondent"].max())
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(respondent=[f"demo-svar-{number:07d}" for number in frame["respondent"]])


def survey_table(everything: pd.DataFrame) -> pd.DataFrame:
    """Return the answers to the surveys.

    Args:
        everything: What `asked` made.

    Returns:
        The columns of the contract `survey`, one row a respondent and item; those who did not answer are there with a
        blank. Weights are persons per invited person; those who came through an open link have none.
    """
    frame = everything.assign(answer=everything["opinion"].where(everything["answered"]))
    return frame[list(contract("survey").names)]


def survey_truth(everything: pd.DataFrame) -> pd.DataFrame:
    """Tell what everybody invited would have answered, had nobody kept silent.

    Args:
        everything: What `asked` made.

    Returns:
        Columns trial, role, wave, item, mean (the scale's 1 to 5, or the share that says yes; weighted), without_use
        (the same had nobody used the waiver) and persons (invited).
    """
    frame = everything[everything["invited"]]
    by = ["trial", "role", "wave", "item"]
    sums = frame.assign(mean=frame["score"] * frame["weight"], without_use=frame["untreated"] * frame["weight"])
    found = sums.groupby(by, sort=False)[["mean", "without_use", "weight"]].sum()
    persons = frame.groupby(by, sort=False).size()
    means = found[["mean", "without_use"]].div(found["weight"], axis=0).round(6)
    return means.assign(persons=persons).reset_index()


def _parts(country: Country, uptake: pd.DataFrame, seed: int, size: float) -> Iterator[pd.DataFrame]:
    for each in validated(SURVEYS, _Survey, read_toml(SURVEYS)["surveys"]):
        for wave in each.waves:
            rng = generator(seed, "survey", each.trial, each.role, wave)
            use = _use(uptake[uptake["trial"] == each.trial], each.trial, wave)
            people = _asked(country, use, each, max(round(each.most * size), 1), rng)
            if len(people.codes):
                yield _answers(each, wave, people, rng)


def _use(uptake: pd.DataFrame, key: str, wave: str) -> pd.DataFrame:
    """Return eligible and used of each municipality of a trial, summed to the end of the wave's year."""
    so_far = uptake[uptake["period"].str[:4] <= wave].groupby("kommune_kode")[["eligible", "used"]].sum()
    return so_far.reindex(list(trial(key).municipalities), fill_value=0).astype(np.float64)


def _asked(country: Country, use: pd.DataFrame, about: _Survey, most: int, rng: np.random.Generator) -> _Asked:
    codes, used = use.index.to_numpy(np.int64), use["used"].to_numpy()
    share = used / np.maximum(use["eligible"].to_numpy(), 1.0)
    people = country.people[np.searchsorted(country.codes, codes)]
    frame = used if about.people_per is None else np.maximum(np.floor(people / about.people_per), 1.0)
    invited = _allotted(frame, most)
    links = np.floor(invited * about.links).astype(np.int64)
    at = np.repeat(np.arange(len(codes)), invited + links)
    within = np.arange(len(at)) - np.repeat(np.cumsum(invited + links) - invited - links, invited + links)
    came = within < invited[at]
    weight = np.round(frame / np.maximum(invited, 1), 2)
    chance = np.ones(len(at)) if about.people_per is None else share[at]
    return _Asked(
        codes=codes[at],
        place=(_PLACE * normal(rng, len(codes)))[at],
        used=rng.random(len(at)) < chance,
        weight=np.where(came, weight[at], np.nan),
        invited=came,
        opinion=normal(rng, len(at)),
    )


def _allotted(frame: Floats, most: int) -> Ints:
    """Share out at most so many invitations in proportion to those there are, by largest remainders."""
    total = frame.sum()
    if total <= most:
        return frame.astype(np.int64)
    exact = frame * most / total
    invited = np.floor(exact).astype(np.int64)
    first = np.argsort(-(exact - invited), kind="stable")[: most - int(invited.sum())]
    invited[first] += 1
    return invited


def _answers(about: _Survey, wave: str, those: _Asked, rng: np.random.Generator) -> pd.DataFrame:
    people = len(those.codes)
    opinions = [_opinions(each, those, rng) for each in about.items]
    scores = [1 + np.searchsorted(_CUTS[5], opinion) for opinion in opinions]
    satisfied = np.sum(scores, axis=0) / len(scores) - _MIDDLE
    answers = (rng.random(people) < about.response + about.lean * satisfied) | ~those.invited
    frames = []
    for at, (each, opinion) in enumerate(zip(about.items, opinions, strict=True)):
        treated = np.searchsorted(_CUTS[each.scale], opinion)
        untreated = np.searchsorted(_CUTS[each.scale], opinion - each.effect * those.used)
        columns = {
            "respondent": np.arange(1, people + 1),
            "kommune_kode": those.codes,
            "trial": about.trial,
            "role": about.role,
            "wave": wave,
            "item": each.item,
            "answer": None,
            "weight": those.weight,
            "invited": those.invited,
            "opinion": _WORDS[each.scale][treated],
            "score": treated + (each.scale > len(_WORDS[2])),
            "untreated": untreated + (each.scale > len(_WORDS[2])),
            "answered": answers & (rng.random(people) >= _SKIPPED),
            "at": at,
        }
        frames.append(pd.DataFrame(columns))
    every = pd.concat(frames, ignore_index=True).sort_values(["respondent", "at"], kind="stable")
    return every.drop(columns="at")


def _opinions(about: _Item, those: _Asked, rng: np.random.Generator) -> Floats:
    own = _OWN * normal(rng, len(those.codes))
    return about.middle + about.effect * those.used + those.place + _COMMON * those.opinion + own
