from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import sizeless

from frikommune import did, network_answers, official_panel, open_room, placebo, placebo_in_time, trial, trial_answers
from frikommune.municipalities import municipalities, network
from frikommune.official import Answer, alternatives

PRE, POST = ("2015Q1", "2017Q2"), ("2018Q1", "2019Q4")


@pytest.mark.parametrize(
    ("series", "pre", "post", "effect", "within", "p", "p_within", "detectable"),
    [
        ("employees", PRE, POST, -0.5, 0.05, 0.37, 0.03, 1.6),
        ("social_assistance", PRE, POST, 0.75, 0.005, 0.04, 0.01, 1.05),
        ("unemployment", ("2014", "2016"), ("2018", "2019"), -0.00, 0.005, 0.97, 0.02, 0.38),
    ],
)
def test_the_real_series_give_the_known_figures(
    real: Path, series: str, pre: tuple[str, str], post: tuple[str, str], effect: float, within: float, p: float,
    p_within: float, detectable: float,
) -> None:  # fmt: skip
    """The eleven against the other 87, municipalities equal, placebo sets of eleven out of all 98, sizes not known."""
    panel = sizeless(official_panel(open_room(real), series, network(), "2017Q3"))
    found = did(panel, pre, post, weights="units")
    how = placebo(found, pool="all")
    assert found.value == pytest.approx(effect, abs=within)
    assert how.p == pytest.approx(p, abs=p_within)
    assert how.smallest_detectable == pytest.approx(detectable, rel=0.03)
    assert placebo(found).p == pytest.approx(p, abs=0.04)  # drawn out of the 87 the p-values move a little


@pytest.mark.parametrize(("series", "drift", "p"), [("employees", -1.4, 0.02), ("social_assistance", 0.49, 0.06)])
def test_the_placebo_in_time_gives_the_known_figures(real: Path, series: str, drift: float, p: float) -> None:
    """Before any trial began the eleven were already drifting from the others; sizes not known."""
    panel = sizeless(official_panel(open_room(real), series, network(), "2017Q3"))
    found = did(panel, PRE, POST, weights="units")
    before = placebo_in_time(found, ("2012Q1", "2014Q4"), ("2015Q1", "2016Q4"), draws=99)
    # Populations to the nearest hundred move the rate in its third decimal.
    assert before.estimate.value == pytest.approx(drift, abs=0.006 if series == "social_assistance" else 0.05)
    assert placebo(before.estimate, pool="all").p == pytest.approx(p, abs=0.01)


def test_the_network_is_not_identified_by_employees_or_social_assistance(real: Path) -> None:
    """Employees fail on the pre-trend, and the +0.75 of social assistance is no evidence of an effect."""
    verdicts = {each.indicator.key: each.verdict.kind for each in network_answers(open_room(real), draws=1999)}
    assert verdicts == {
        "employees": "not identified",
        "social_assistance": "not identified",
        "unemployment": "cannot tell",
    }


def test_every_answer_is_that_of_the_most_careful_method(real: Path) -> None:
    """Scattered and contiguous sets and the provinces' shocks are asked together; a scattered set alone would alarm."""
    answers = (
        *trial_answers(open_room(real), trial("rehab_jaf"), draws=499),
        *network_answers(open_room(real), draws=499),
    )
    for each in answers:
        assert [part.method for part in each.inference.parts] == ["scattered", "contiguous", "regional"]
        assert each.inference.p == max(part.p for part in each.inference.parts)
        assert len(each.before.inference.parts) == 3
        assert each.before.inference.p == max(part.p for part in each.before.inference.parts)


def test_the_comparison_within_the_region_stands_beside_where_it_can_be_made() -> None:
    """Two of the eleven can be compared with others of North Jutland; the eleven themselves cannot."""
    near = answers_of("mikrolaan")[0].local
    assert near is not None
    codes = {unit for unit, treated in zip(near.estimate.panel.units, near.estimate.panel.treated, strict=True)}
    assert codes <= set(network())
    assert all(each.local is None for each in network_answers(open_room(), draws=99))


def test_the_synthetic_room_answers_without_an_effect() -> None:
    """Nothing happened in the synthetic room: nothing is found better or worse, and the answers say so."""
    answers = network_answers(open_room(), draws=999)
    assert len(answers) == 3
    assert all(each.synthetic for each in answers)
    assert not {"better", "worse"} & {each.verdict.kind for each in answers}


def test_comparisons_are_clean() -> None:
    """Nobody of the network and nobody with waivers of their own is compared with, and who is left out is said."""
    for each in answers_of("rehab_jaf"):
        panel = each.estimate.panel
        controls = {unit for unit, treated in zip(panel.units, panel.treated, strict=True) if not treated}
        assert not controls & {*network(), 580, 461}
        assert {580, 461} <= set(each.excluded)
        assert sum(panel.treated) == 8


def test_a_trial_whose_only_municipality_was_spoilt_is_not_identified() -> None:
    """Vesthimmerland held waivers until the end of 2015, inside the time before."""
    employees = answers_of("integration_kontakt")[0]
    assert employees.verdict.kind == "not identified"
    assert "treated_before" in {reason.key for reason in employees.verdict.reasons}


def test_a_trial_used_25_times_shows_no_estimate() -> None:
    """If all 25 courses had moved a person each, no series could have shown it."""
    answers = answers_of("uddannelse")
    assert all(each.hidden and each.verdict.kind == "cannot tell" for each in answers)
    people = 60_000 + 1_800 + 38_500 + 43_700
    social = next(each for each in answers if each.indicator.key == "social_assistance")
    assert social.ceiling == pytest.approx(1000 * 25 / people)
    assert social.verdict.reasons[0].key == "group_not_counted"


def test_a_ceiling_takes_rounded_counts_at_their_upper_end_and_no_lower_bound() -> None:
    """About 3,400 certificates may be 3,450; 283 placements are known to be too few and give no ceiling."""
    people = sum(municipalities()[code].population for code in trial("laegeattest_sdp").municipalities)
    social = next(each for each in answers_of("laegeattest_sdp") if each.indicator.key == "social_assistance")
    assert social.ceiling == pytest.approx(1000 * 3450 / people)
    assert {each.ceiling for each in answers_of("forholdstal")} == {None}


def test_a_trial_without_municipalities_has_no_answer() -> None:
    """What is not known is not estimated."""
    assert answers_of("indsatsplan_6mdr") == ()


def test_transformations_follow_the_series() -> None:
    """Percent by the logarithm of persons, a rate per 1,000 inhabitants, and a percentage as it stands."""
    room = open_room()
    rows = room.municipal.set_index(["indicator", "kommune_kode", "period"])["value"]
    for key, expected in (
        ("employees", 100 * np.log(rows["employees", 851, "2015Q1"])),
        ("social_assistance", 1000 * rows["social_assistance", 851, "2015Q1"] / 215_300),
        ("unemployment", rows["unemployment", 851, "2015"]),
    ):
        panel = official_panel(room, key, (851,), "2017Q3")
        period = "2015" if key == "unemployment" else "2015Q1"
        assert panel.Y[panel.units.index(851), panel.periods.index(period)] == pytest.approx(expected)


def test_the_synthetic_room_is_the_same_twice() -> None:
    """The same figures, whoever makes them."""
    first, second = open_room(), open_room()
    assert first.municipal.equals(second.municipal)
    assert replace(first, municipal=second.municipal).synthetic


def answers_of(key: str) -> tuple[Answer, ...]:
    return trial_answers(open_room(), trial(key), draws=499)


def test_other_choices_leave_out_a_region_with_too_few_others() -> None:
    """Of eleven municipalities seven take part: four others give no placebo sets of seven, and the page is made."""
    found = alternatives(trial_answers(open_room(), trial("laegeattest_sdp"), draws=99), draws=99)
    assert found is not None
    assert {each.panel for each in found.curve.specifications} == {"national"}
