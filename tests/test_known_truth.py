"""Every design on registers whose effects are known: what finds the truth, what does not, and why.

One country a seed, the network at full size and the rest at a fifth. Three things happen in it: a waiver for people on
sick leave makes spells longer, a shock that is no trial's shortens job clarification in all of North Jutland, and a
trial for the insured draws in people who leave soon. No trial of the register has a threshold: test_thresholds.py.
"""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from frikommune import (
    Panel,
    before_after,
    cells,
    did,
    difference,
    event_study,
    load_trials,
    match,
    panel_of,
    pool,
    sdid,
    starts_of,
    synth,
    within_region,
)
from frikommune.demo import Effect, country, load_effects
from frikommune.demo.benefits import benefits
from frikommune.demo.calibration import calibrated
from frikommune.demo.people import People, people, pools
from frikommune.demo.plans import adoption_table, plans
from frikommune.demo.spells import Spells, first_onsets, follow
from frikommune.demo.truth import Truth, clean_until, truth_table
from frikommune.demo.weeks import HORIZON, days, week_from
from frikommune.demo.world import World, world

SEEDS = range(1, 9)
KINDS, KEYS = list(benefits()), [plan.key for plan in plans()]
EFFECT, REGION, INFLOW = "laegeattest_sdp", "rehab_jaf", "formkrav_samtaler"
EFFECTS = {
    **{key: Effect() for key in load_effects()},
    EFFECT: Effect(hazard=0.7),
    REGION: Effect(region=1.4),
    INFLOW: Effect(inflow=1.6),
}
PRE, POST = ("2016Q1", "2017Q4"), ("2018Q2", "2019Q3")
SPARED = ("cash_active", "cash_ready", "education", "resource", "flex_unemployed")  # by all that happens
STRATA = ["kommune_kode", "sex", "age", "education", "history"]

HOLD = {
    "did": "shocks of the municipalities are the same on average, treated or not",
    "did, last": "so they are between any two periods",
    "did, same group": "and in any pool",
    "did, neighbours": "also where the neighbours lie in the region, whose shocks are shared",
    "did, nearest": "and the nearest before drift back by little",
    "event study": "the mean of its points after the start rests on what did rests on",
    "synth": "the treated lie among the others, and eight quarters tell which",
    "sdid": "it needs less than did and than synth",
    "triple": "people on other benefits are not touched by any trial, and share the municipality's shocks",
    "region, within": "non-participants of the region share its shock",
    "match, by lot": "who was used the waiver for was made chance",
}
FAIL = {
    "before-after": (+1, "in 2020 employment effort was suspended in the whole country: spells grew longer everywhere"),
    "triple, other group treated": (+1, "the other group's spells got shorter through the inflow of another trial"),
    "region, did": (-1, "the shock of the region hits the treated, and not those outside"),
    "region, synth": (-1, "no mix of others shares a shock that they did not have before"),
    "region, sdid": (-1, "no mix of others shares a shock that they did not have before"),
    "inflow, did": (-1, "those drawn in leave soon: the mean falls, and nobody's spell is shorter"),
    "match, selected": (-1, "the waiver was used for people who would have left soon, as no register tells"),
}


@pytest.fixture(scope="module")
def bias() -> pd.DataFrame:
    """Return estimate less truth [seeds x designs, weeks of 52]."""
    rates = calibrated(country(1), EFFECTS).rates
    return pd.DataFrame([errors_of(made(seed, rates)) for seed in SEEDS], index=SEEDS)


def made(seed: int, rates: np.ndarray) -> tuple[World, pd.DataFrame, pd.DataFrame]:
    """Make a world, its spells and its truth; chance alone decides who is used the certificate waiver for."""
    about = world(country(seed), EFFECTS, rates=rates)
    leaning = about.leaning.copy()
    leaning[KEYS.index(EFFECT)] = 1.0
    about = replace(about, leaning=leaning)
    network, others = (lived(about, size, only) for size, only in ((1.0, about.inside), (0.2, ~about.inside)))
    truth = Truth()
    truth.add(about, *network)
    spells = pd.concat([frame_of(about, *network), frame_of(about, *others)], ignore_index=True)
    return about, spells, truth_table(truth).set_index(["trial", "measure", "horizon"])


def lived(about: World, size: float, only: np.ndarray) -> tuple[People, Spells]:
    candidates = pools(about, size=size, only=only)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    spells = follow(about, persons, first_onsets(persons), until=HORIZON)
    return persons, spells.take(persons.turned_by[spells.who] < 0)


def frame_of(about: World, persons: People, spells: Spells) -> pd.DataFrame:
    """Return what a register tells of spells; a spell longer than a year counts as one."""
    return pd.DataFrame(
        {
            "kommune_kode": about.country.codes[persons.where[spells.who]],
            "began": pd.to_datetime(days(spells.start), unit="D"),
            "week": spells.start,
            "kind": spells.kind,
            "weeks": np.minimum(spells.weeks, 52).astype(float),
            "sex": persons.sex[spells.who],
            "age": spells.age_band,
            "education": persons.education[spells.who],
            "history": spells.history,
            "could": spells.could,
            "used": spells.used,
        }
    )


def panel_from(about: World, spells: pd.DataFrame, trial: str, kinds: tuple[str, ...] | None = None) -> Panel:
    """Count the target group of a trial, or other people, by municipality and quarter."""
    at = np.flatnonzero(about.eligible[KEYS.index(trial)]) if kinds is None else [KINDS.index(each) for each in kinds]
    chosen = spells[spells.kind.isin(at) & spells.began.between("2016-01-01", "2020-12-31")]
    counted = cells(
        ibis.memtable(chosen[["kommune_kode", "began", "weeks"]]),
        outcomes={"weeks": "weeks"},
        period="began",
        every="quarter",
        no_cache=True,
    )
    starts = starts_of(load_trials()[trial], adoption_table(about.country.seed))
    return panel_of(counted, "weeks", starts=starts, better="lower")


def errors_of(given: tuple[World, pd.DataFrame, pd.DataFrame]) -> dict[str, float]:
    """Return how far each design is from what it should find, in one world."""
    about, spells, truth = given
    weeks = {trial: float(truth.effect[trial, "weeks", "52w"]) for trial in (EFFECT, REGION, INFLOW)}
    found = {f"region, {name}": value for name, value in of_region(panel_from(about, spells, REGION)).items()}
    found |= {f"inflow, {name}": value for name, value in of_inflow(panel_from(about, spells, INFLOW)).items()}
    off = {name: value - weeks[EFFECT] for name, value in of_effect(about, spells).items()}
    by_use = {name: float(truth.per_use[trial, "weeks", "52w"]) for name, trial in MATCHED.items()}
    matched = {name: matched_on(spells, trial) - by_use[name] for name, trial in MATCHED.items()}
    return off | found | matched | {"truth": weeks[EFFECT], "no effect": abs(weeks[REGION]) + abs(weeks[INFLOW])}


MATCHED = {"match, by lot": EFFECT, "match, selected": INFLOW}


def of_effect(about: World, spells: pd.DataFrame) -> dict[str, float]:
    everybody = panel_from(about, spells, EFFECT)
    clean = pool(everybody, "all", trial=EFFECT, pre=PRE, post=POST).panel
    whole = clean.take(~np.isnan(clean.Y).any(axis=1))
    path = event_study(clean, PRE, POST)
    spared = panel_from(about, spells, EFFECT, SPARED)
    insured = panel_from(about, spells, EFFECT, ("insured", "graduate"))
    kept = np.isin(everybody.units, clean.units)
    third = {
        name: did(difference(everybody.take(kept), other.take(np.isin(other.units, clean.units))), PRE, POST).value
        for name, other in (("triple", spared), ("triple, other group treated", insured))
    }
    pooled = {
        f"did, {kind}": did(pool(everybody, kind, trial=EFFECT, pre=PRE, post=POST).panel, PRE, POST).value
        for kind in ("same group", "neighbours", "nearest")
    }
    return third | pooled | {
        "did": did(clean, PRE, POST).value,
        "did, last": did(clean, PRE, POST, base="last").value,
        "event study": float(path.values[path.since >= 0].mean()),
        "synth": synth(whole, PRE, POST).value,
        "sdid": sdid(whole, PRE, POST).value,
        "before-after": before_after(everybody, PRE, ("2020Q1", "2020Q4")).value,
    }  # fmt: skip


def of_region(panel: Panel) -> dict[str, float]:
    outside = pool(panel, "all", trial=REGION, pre=PRE, post=POST).panel
    whole = outside.take(~np.isnan(outside.Y).any(axis=1))
    return {
        "did": did(outside, PRE, POST).value,
        "synth": synth(whole, PRE, POST).value,
        "sdid": sdid(whole, PRE, POST).value,
        "within": did(within_region(panel, trial=REGION, pre=PRE, post=POST).panel, PRE, POST).value,
    }


def of_inflow(panel: Panel) -> dict[str, float]:
    pre, post = ("2016Q1", "2017Q2"), ("2018Q1", "2019Q4")
    outside = pool(panel, "all", trial=INFLOW, pre=pre, post=post).panel
    counts = outside.holding(np.log(np.where(outside.n > 0, outside.n, np.nan)))
    return {"did": did(outside, pre, post).value, "counted": did(counts, pre, post).value}


def matched_on(spells: pd.DataFrame, trial: str) -> float:
    """Match those for whom a waiver was used with those of the same municipality and case mix who could have been."""
    at = KEYS.index(trial)
    starts = starts_of(load_trials()[trial], adoption_table(1))
    first = spells.kommune_kode.map({code: week_from(day) for code, day in starts.items()})
    could = ((spells.could // 2**at) % 2 == 1) & (spells.week >= first) & (spells.week < clean_until()[at])
    chosen = spells[could].assign(taken=(spells.used // 2**at) % 2)
    held = chosen.groupby([*STRATA, "taken"])["weeks"].agg(n="size", mean="mean", var="var").reset_index()
    return match(held, STRATA, taken="taken", n="n", mean="mean", var="var").value


@pytest.mark.parametrize("design", HOLD)
def test_a_design_whose_assumption_holds_finds_the_truth(bias: pd.DataFrame, design: str) -> None:
    """The mean over countries is within three Monte-Carlo errors of the truth, which are a small part of the effect."""
    mean, error = bias[design].mean(), bias[design].std() / np.sqrt(len(bias))
    assert abs(mean) <= 3 * error
    assert 6 * error < bias["truth"].mean()


@pytest.mark.parametrize("design", FAIL)
def test_a_design_whose_assumption_fails_is_visibly_wrong(bias: pd.DataFrame, design: str) -> None:
    """It misses the truth by more than five Monte-Carlo errors, on the side that what went wrong pulls to."""
    sign, why = FAIL[design]
    mean, error = bias[design].mean(), bias[design].std() / np.sqrt(len(bias))
    assert sign * mean > 5 * error, why


def test_an_inflow_that_moves_is_seen_when_it_is_the_outcome(bias: pd.DataFrame) -> None:
    """Where the mean deceives, the number of people who enter tells: some 40 % more, when nobody's spell changed."""
    assert not bias["no effect"].any()
    assert bias["inflow, counted"].mean() == pytest.approx(np.log(1.42), abs=0.15)
