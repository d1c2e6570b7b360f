from dataclasses import replace
from datetime import date

import pytest

from frikommune.errors import UnknownName
from frikommune.municipalities import network
from frikommune.trials import load_trials, others_of, trial


def test_there_are_18_trials_under_17_headings() -> None:
    """Rehabilitation teams come in two parts."""
    numbers = [each.number for each in load_trials().values()]
    assert len(numbers) == 18
    assert {number.rstrip("ab") for number in numbers} == {str(number) for number in range(1, 18)}


def test_every_participant_is_among_the_eleven() -> None:
    """Pairs such as Frederikshavn/Læsø are two municipalities, and nobody from outside takes part."""
    for each in load_trials().values():
        assert set(each.municipalities) <= set(network())
    assert set(trial("mikrolaan").municipalities) == {851}
    assert {813, 825} <= set(trial("laegeattest_sdp").municipalities)
    assert 825 not in trial("rehab_jaf").municipalities
    assert set(network()) - set(trial("formkrav_samtaler").municipalities) == {773}


def test_what_is_unknown_stays_unknown() -> None:
    """A start that nobody verified is none, and a trial without a section has no municipalities."""
    assert trial("mentor").earliest_start is None
    assert trial("mentor").first_possible_start == date(2017, 7, 1)
    assert trial("mentor").last_possible_start == date(2018, 7, 1)
    assert trial("indsatsplan_6mdr").municipalities == ()


def test_every_trial_says_everything_in_both_languages() -> None:
    """Nothing is left untranslated, and every outcome has a direction."""
    for each in load_trials().values():
        assert all([each.title_da, each.title_en, each.waived_da, each.waived_en, each.target_da, each.target_en])
        assert each.national_law.text_da
        assert each.national_law.text_en
        assert all(outcome.label_da and outcome.label_en for outcome in each.outcomes)


def test_the_same_outcome_is_named_and_measured_alike_everywhere() -> None:
    """A key stands for one unit and one direction."""
    seen: dict[str, tuple[str, str]] = {}
    for each in load_trials().values():
        for outcome in each.outcomes:
            assert seen.setdefault(outcome.key, (outcome.unit, outcome.better)) == (outcome.unit, outcome.better)


def test_other_trials_of_a_municipality_are_known() -> None:
    """Vesthimmerland was in many trials at once: their effects cannot be told apart."""
    others = others_of(820, trial("integration_kontakt"))
    assert "laegeattest_sdp" in {each.key for each in others}
    assert "integration_kontakt" not in {each.key for each in others}


def test_a_trial_that_cannot_be_is_refused() -> None:
    """A municipality from elsewhere, one named twice, a round at odds with its start, a window that ends too soon."""
    about = trial("psykolog")
    for wrong in (
        {"municipalities": (101,)},
        {"municipalities": (851, 851)},
        {"round": 3},
        {"clean_end": date(2017, 1, 1)},
    ):
        with pytest.raises(ValueError, match="psykolog"):
            replace(about, **wrong)


def test_an_unknown_trial_is_refused_with_the_nearest() -> None:
    """A misspelt key is answered with the keys that it may have been."""
    with pytest.raises(UnknownName, match="mikrolaan"):
        trial("mikrolan")
