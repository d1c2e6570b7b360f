from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune.claims import load_claims
from frikommune.compare import did
from frikommune.demo import country
from frikommune.demo.survey import asked, survey_table, survey_truth
from frikommune.disclosure import TOTAL, Rule
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.panel import opinion_panel
from frikommune.schema import contract
from frikommune.survey import (
    Item,
    Responses,
    Scale,
    agreement,
    change,
    diverging,
    item,
    items,
    mean_score,
    opinions,
    response_rate,
    responses,
    reweighted,
    shares,
    worst_case,
)
from frikommune.survey.shares import korn_graubard, linearised
from frikommune.trials import load_trials

ORACLE = Path(__file__).parent / "oracles" / "survey"
YES_NO = item("anbefaler")
FIVE = item("tilfredshed")


def table(
    answers: dict[int, list[str | None]], *, about: Item = YES_NO, wave: str = "2019", **columns: object
) -> pd.DataFrame:
    """Make the table `survey` of one question: the answers of everybody invited, by municipality."""
    rows = [(code, answer) for code, those in answers.items() for answer in those]
    frame = pd.DataFrame(rows, columns=["kommune_kode", "answer"])
    filled = {
        "respondent": [f"{wave}-{number}" for number in range(len(frame))],
        "trial": "psykolog", "role": "borger", "wave": wave, "item": about.key, "weight": np.nan, "invited": True,
    }  # fmt: skip
    return frame.assign(**{**filled, **columns})


def asked_of(answers: dict[int, list[str | None]], *, about: Item = YES_NO, **columns: object) -> Responses:
    frame = table(answers, about=about, **columns)
    return responses(frame, about, trial="psykolog", role="borger", wave="2019")


def schools() -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_csv(ORACLE / "apiclus1.csv"), pd.read_csv(ORACLE / "expected.csv", skipinitialspace=True).set_index(
        "what"
    )


def as_responses(frame: pd.DataFrame) -> Responses:
    """Return the schools of the oracle as if each had answered yes or no."""
    return Responses(
        item=YES_NO, trial="psykolog", role="borger", wave="2019", place=frame["dnum"].to_numpy(np.int64),
        answer=frame["agree"].to_numpy(np.int64), weight=frame["pw"].to_numpy(float),
        respondent=np.arange(len(frame)),
    )  # fmt: skip


# --- Claims --------------------------------------------------------------------------------------------------------


def test_a_share_is_of_the_answers_and_the_bounds_are_of_the_invited() -> None:
    """Of ten invited four say yes and two no: 67 % of the answers agree, and between 40 and 80 % of the invited."""
    given = asked_of({813: ["ja", "ja", "nej", None, None], 851: ["ja", "ja", "nej", None, None]})
    assert agreement(given).value == pytest.approx(4 / 6)
    bounds = worst_case(given)
    assert bounds is not None
    assert (bounds.worst, bounds.best) == pytest.approx((0.4, 0.8))
    assert bounds.low < bounds.worst
    assert bounds.best < bounds.high
    rate = response_rate(given)
    assert (rate.answered, rate.invited, rate.share) == (6, 10, pytest.approx(0.6))


def test_weights_for_silence_mend_what_differs_between_municipalities() -> None:
    """Where one municipality answers half as often, its answers come to stand for two each."""
    given = asked_of({813: ["ja", "ja", "ja", "ja"], 851: ["nej", "nej", None, None]})
    found = reweighted(given)
    assert found is not None
    assert agreement(given).value == pytest.approx(4 / 6)
    assert found.share.value == pytest.approx(0.5)


def test_nobody_stands_for_a_municipality_without_an_answer() -> None:
    """Such a municipality is named, with its share of those invited."""
    found = reweighted(asked_of({813: ["ja", "nej"], 851: ["ja", "ja"], 787: [None, None, None, None]}))
    assert found is not None
    assert found.lost == (787,)
    assert found.lost_weight == pytest.approx(0.5)


def test_open_links_are_in_no_share() -> None:
    """Who chose to answer stands for nobody else."""
    frame = table({813: ["ja", "nej"], 851: ["ja", "nej"]})
    links = table({813: ["ja"] * 6}, wave="2019", invited=False).assign(respondent=[f"link-{n}" for n in range(6)])
    given = responses(pd.concat([frame, links]), YES_NO, trial="psykolog", role="borger", wave="2019")
    assert given.links == 6
    assert agreement(given).value == 0.5


def test_without_a_list_of_the_invited_nothing_is_said_of_the_silent() -> None:
    """When it is not known who was asked, there is no response rate and there are no bounds."""
    given = asked_of({813: ["ja", None], 851: ["nej", "ja"]}, invited=None)
    assert len(given.place) == 3
    assert response_rate(given).invited is None
    assert worst_case(given) is None
    assert reweighted(given) is None


def test_an_answer_off_the_scale_is_no_answer() -> None:
    """A "don't know" is told, and neither agrees nor disagrees."""
    given = asked_of({813: ["ja", "ved ikke"], 851: ["nej"]})
    assert given.outside == 1
    assert agreement(given).n == 2


def test_one_municipality_gives_no_interval() -> None:
    """Nothing tells how municipalities differ when there is one: the ends are missing, not narrow."""
    found = agreement(asked_of({813: ["ja", "nej", "ja"]}))
    assert found.value == pytest.approx(2 / 3)
    assert np.isnan([found.low, found.high, found.se]).all()


def test_unanimous_answers_have_an_interval() -> None:
    """When all agree, the interval still reaches down, and further than if persons had been drawn one by one."""
    few = agreement(asked_of({code: ["ja"] * 10 for code in (813, 851, 787)}))
    assert few.high == 1.0
    assert few.low < 0.025 ** (1 / 30)


def test_the_interval_covers_at_its_level_with_seven_municipalities() -> None:
    """Of 400 surveys whose municipalities differ, about 95 % of the intervals hold the true share."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        p = np.clip(0.7 + 0.12 * rng.normal(size=7), 0.02, 0.98)
        place, n = np.repeat(np.arange(7), 20), 140
        y = (rng.random(n) < p[place]).astype(float)
        value, se = linearised(y, np.ones(n), place, np.ones(n, dtype=bool))
        low, high = korn_graubard(value, se, n, 7)
        hits += low <= 0.7 <= high
    assert 0.93 <= hits / 400 <= 0.99


def test_a_later_round_is_compared_within_municipalities() -> None:
    """What municipalities share in both rounds cancels: the same gap everywhere has no error."""
    early = table({813: ["ja", "nej"] * 4, 851: ["ja", "nej"] * 4})
    late = table({813: ["ja"] * 6 + ["nej"] * 2, 851: ["ja"] * 6 + ["nej"] * 2}, wave="2020")
    both = pd.concat([early, late.assign(respondent=early["respondent"])])
    first, last = (responses(both, YES_NO, trial="psykolog", role="borger", wave=wave) for wave in ("2019", "2020"))
    found = change(first, last)
    assert found.value == pytest.approx(0.25)
    assert found.se == pytest.approx(0.0, abs=1e-12)
    assert found.both == 16


def test_bounds_hold_the_truth_when_the_satisfied_answer_more_often(
    country_survey: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """On the synthetic surveys the bounds hold what everybody invited would have said, in every one of them."""
    frame, truth = country_survey
    yes_no = truth[[items()[key].scale.key == "yes_no" for key in truth["item"]]]
    assert len(yes_no) > 5
    for row in yes_no.itertuples():
        given = responses(frame, item(row.item), trial=row.trial, role=row.role, wave=row.wave)
        bounds = worst_case(given)
        assert bounds is not None
        assert bounds.worst <= row.mean + 1e-5
        assert row.mean - 1e-5 <= bounds.best


def test_a_diverging_bar_turns_at_the_middle() -> None:
    """The middle answer lies half on each side of 0, and the parts are the whole."""
    given = asked_of({813: ["1", "2", "3", "4", "5"] * 8, 851: ["1", "2", "3", "4", "5"] * 8}, about=FIVE)
    found = diverging(opinions([given])[0])
    assert found is not None
    assert found.left == pytest.approx((-0.5, -0.3, -0.1, 0.1, 0.3))
    assert found.width == pytest.approx((0.2,) * 5)
    assert found.n == 80


def test_what_is_hidden_comes_as_one_part() -> None:
    """Two answers of four persons are hidden one by one and drawn together; nothing of the length is lost."""
    given = asked_of({813: ["1"] * 4 + ["2"] * 4 + ["3"] * 10 + ["4"] * 10 + ["5"] * 10, 851: ["4"] * 10}, about=FIVE)
    opinion = opinions([given])[0]
    assert opinion.answers[:2] == (None, None)
    assert opinion.agreement is not None
    found = diverging(opinion)
    assert found is not None
    assert found.answers[0] == (0, 1)
    assert sum(found.width) == pytest.approx(1.0)


def test_nothing_under_the_threshold_leaves() -> None:
    """Where four agree, neither the share nor the bounds are told, and the count is hidden."""
    given = asked_of({813: ["ja"] * 2 + ["nej"] * 20, 851: ["ja"] * 2 + ["nej"] * 20 + [None] * 9})
    opinion = opinions([given])[0]
    assert (opinion.agreement, opinion.bounds, opinion.reweighted) == (None, None, None)
    assert opinion.released.n.loc["agrees", TOTAL] is pd.NA
    assert diverging(opinion) is None
    assert opinions([given], rule=Rule(threshold=3))[0].agreement is not None


def test_opinions_become_a_panel_for_the_same_designs() -> None:
    """Where others were asked too, the difference in differences of what is answered follows."""
    early, late = ["ja"] * 5 + ["nej"] * 5, ["ja"] * 8 + ["nej"] * 2
    before = table({813: early, 851: early, 787: early, 101: early}, wave="2017")
    after = table({813: late, 851: late, 787: early, 101: early}, wave="2019")
    panel = opinion_panel(
        pd.concat([before, after]), YES_NO, trial="psykolog", role="borger", starts={813: "2019", 851: "2019"}
    )
    assert panel.outcome.startswith("opinion")
    assert did(panel, ("2017", "2017"), ("2019", "2019")).value == pytest.approx(0.3)
    assert panel.var[0, 0] / panel.n[0, 0] == pytest.approx(0.5 * 0.5 / 9)


def test_every_flag_has_its_reason_and_every_claim_exists() -> None:
    """Published shares are pointed at by the question that is like theirs, and are perceptions."""
    named = [claim for each in items().values() for claim in each.claims]
    assert {load_claims()[claim].kind for claim in named} == {"perception"}
    printed = {key for key, each in load_claims().items() if each.kind == "perception" and each.unit == "percent"}
    assert set(named) == printed
    assert {flag.kind for flag in item("sagstid").flags} == {"double_barrelled"}


# --- Oracles -------------------------------------------------------------------------------------------------------


def test_means_and_shares_agree_with_r() -> None:
    """The mean, its error and its t-interval are those of R's survey on its own school data, clusters and weights."""
    data, expected = schools()
    given = as_responses(data)
    value, se = linearised(data["api00"].to_numpy(float), given.weight, given.place, given.answered)
    assert value == pytest.approx(expected.loc["api00", "value"])
    assert se == pytest.approx(expected.loc["api00_se", "value"])
    scored = mean_score(given)
    assert (scored.value - 1, scored.low - 1, scored.high - 1) == pytest.approx(
        tuple(expected.loc["agree", ["value", "low", "high"]])
    )
    found = agreement(given)
    assert found.places - 1 == expected.loc["degf", "value"]


@pytest.mark.parametrize("among", ["late_beta", "late_middle_beta"])
def test_the_interval_of_a_share_agrees_with_r(among: str) -> None:
    """The Korn-Graubard interval is svyciprop's "beta" where its effective number is no larger than the answers."""
    data, expected = schools()
    given = as_responses(data.assign(agree=data["late"]))
    there = (data["stype"] != "H") | (among == "late_beta")
    found = agreement(replace(given, answer=np.where(there, given.answer, -1)))
    assert found.se == pytest.approx(expected.loc[f"{among}_se", "value"])
    assert (found.value, found.low, found.high) == pytest.approx(tuple(expected.loc[among, ["value", "low", "high"]]))


def test_a_domain_counts_the_clusters_without_anybody_in_it() -> None:
    """The error in a domain has every cluster asked, its degrees of freedom those with an answer, as in R."""
    data, expected = schools()
    given = as_responses(data)
    found = agreement(replace(given, answer=np.where(data["stype"] == "H", given.answer, -1)))
    assert found.se == pytest.approx(expected.loc["agree_high_se", "value"])
    assert found.places - 1 == expected.loc["degf_high", "value"]


def test_fewer_answers_than_the_effective_number_widen_the_interval() -> None:
    """Where clusters agree by chance, R's interval is narrower than n answers allow; ours is not."""
    data, expected = schools()
    found = agreement(as_responses(data))
    r = expected.loc["agree_beta"]
    assert found.value == pytest.approx(r["value"])
    assert found.low <= r["low"] + 1e-9
    assert found.high >= r["high"] - 1e-9


def test_a_change_agrees_with_r() -> None:
    """The difference of two domains and its error are those of svyby and svycontrast with their covariance."""
    data, expected = schools()
    given = as_responses(data)
    early, late = (replace(given, answer=np.where(data["late"] == at, given.answer, -1)) for at in (0, 1))
    found = change(early, replace(late, wave="2020"))
    assert found.value == pytest.approx(expected.loc["change", "value"])
    assert found.se == pytest.approx(expected.loc["change_se", "value"])


# --- Invariances ---------------------------------------------------------------------------------------------------


def test_order_weights_scale_and_answers_add_up() -> None:
    """Rows in another order and weights times ten change nothing; the shares of all answers are the whole."""
    answers: dict[int, list[str | None]] = {813: ["1", "4", "5", None], 851: ["2", "4", "3"], 787: ["5", "5", "1"]}
    plain = table(answers, about=FIVE, weight=[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    other = plain.sample(frac=1, random_state=3).assign(weight=lambda each: each["weight"] * 10)
    first, second = (responses(each, FIVE, trial="psykolog", role="borger", wave="2019") for each in (plain, other))
    one, two = agreement(first), agreement(second)
    assert (one.value, one.low, one.high) == pytest.approx((two.value, two.low, two.high))
    assert sum(each.value for each in shares(first)) == pytest.approx(1.0)


def test_the_representation_shows_no_person() -> None:
    """What prints itself has shape only."""
    given = asked_of({813: ["ja"] * 6, 851: ["nej"] * 6})
    assert "12 of 12 answered in 2 municipalities" in repr(given)
    assert "2019-0" not in repr(given) + repr(opinions([given])[0])


# --- Refusals ------------------------------------------------------------------------------------------------------


def test_faulty_answers_are_refused() -> None:
    """An answer nobody named, weights for some, a respondent twice and a missing column are told by count."""
    with pytest.raises(BadData, match="1 answers that are not on its scale"):
        asked_of({813: ["måske", "ja"]})
    with pytest.raises(BadData, match="1 of 2 invited have no weight"):
        asked_of({813: ["ja", "nej"]}, weight=[1.0, np.nan])
    with pytest.raises(BadData, match="2 rows of 1 respondents"):
        asked_of({813: ["ja", "nej"]}, respondent="same")
    with pytest.raises(BadData, match="lacks answer"):
        responses(table({813: ["ja"]}).drop(columns="answer"), YES_NO, trial="psykolog", role="borger", wave="2019")
    with pytest.raises(BadData, match="open links"):
        asked_of({813: ["ja"]}, invited=False)


def test_a_scale_that_does_not_fit_is_refused() -> None:
    """Words, agreement and answers must go together."""
    with pytest.raises(BadData, match="another number of words"):
        Scale("x", ("a", "b"), ("b",), ("a",), ("a", "b"))
    with pytest.raises(BadData, match="not on it"):
        Scale("x", ("a", "b"), ("c",), ("a", "b"), ("a", "b"))
    with pytest.raises(UnknownName, match="survey item"):
        item("tilfreds")


def test_opinions_of_participants_alone_are_no_panel() -> None:
    """Without answers from outside the trial there is nothing to compare with."""
    frame = table({813: ["ja", "nej"]})
    with pytest.raises(BadDesign, match="0 of them outside"):
        opinion_panel(frame, YES_NO, trial="psykolog", role="borger", starts={813: "2019"})


def test_rounds_of_two_questions_are_not_compared() -> None:
    """A change is one question's."""
    with pytest.raises(BadData, match="differ in question"):
        change(asked_of({813: ["ja"]}), asked_of({813: ["1"]}, about=FIVE))


@pytest.fixture(scope="module")
def country_survey() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return synthetic surveys with what everybody invited would have said."""
    rows = [
        (key, code, f"{year}Q1", 64, 32)
        for key, each in load_trials().items()
        for code in each.municipalities
        for year in (2018, 2019, 2020)
    ]
    everything = asked(country(1), pd.DataFrame(rows, columns=list(contract("uptake").names)), 1, 1.0)
    return survey_table(everything), survey_truth(everything)
