from datetime import date

import pytest

from frikommune.calendar import (
    contaminated,
    days_of,
    events,
    frequency,
    is_period,
    last_clean_day,
    period_label,
    spoils,
    window,
)
from frikommune.errors import BadData, BadDesign
from frikommune.municipalities import municipalities
from frikommune.trials import load_trials

QUARTERS = [f"{year}Q{quarter}" for year in range(2010, 2023) for quarter in range(1, 5)]


@pytest.mark.parametrize(
    ("text", "label"), [("2017K3", "2017Q3"), ("2017q3", "2017Q3"), ("2017", "2017"), ("2017M7", "2017M07")]
)
def test_labels_are_made_uniform(text: str, label: str) -> None:
    """Danish quarters and one-digit months become labels that sort."""
    assert period_label(text) == label
    assert is_period(text)


@pytest.mark.parametrize("text", ["2017Q5", "2017M13", "17Q1", "", "2017Q", "Total"])
def test_what_is_no_period_is_refused(text: str) -> None:
    """A label that names no year, quarter or month is not guessed at."""
    assert not is_period(text)
    with pytest.raises(BadData, match="no period"):
        period_label(text)


def test_a_period_has_its_first_and_last_day() -> None:
    """A leap February, a last quarter and a year end where the calendar says."""
    assert days_of("2020M02") == (date(2020, 2, 1), date(2020, 2, 29))
    assert days_of("2019Q4") == (date(2019, 10, 1), date(2019, 12, 31))
    assert days_of("2018") == (date(2018, 1, 1), date(2018, 12, 31))
    assert [frequency(label) for label in ("2018", "2018Q1", "2018M01")] == ["Y", "Q", "M"]


def test_events_name_municipalities_and_trials_that_exist() -> None:
    """Every code is one of the 98, every trial is one of the 18, and a span never ends before it starts."""
    known = set(load_trials())
    for each in events().values():
        assert each.codes <= set(municipalities())
        assert each.end is None or each.end >= each.start
        named = {name for name in each.affects if "_" in name}
        assert named <= known, each.key


def test_the_first_free_municipalities_are_those_of_the_register() -> None:
    """The calendar's event and the register's column name the same seven."""
    assert events()["fk1"].codes == {code for code, each in municipalities().items() if each.fk1}


def test_a_window_is_cut_at_the_event_that_treats_everybody() -> None:
    """LÆ285 became voluntary everywhere on 1 January 2020: the window ends on the day before."""
    found = window(QUARTERS, trial="laegeattest_sdp", start=date(2018, 1, 1))
    assert (found.pre, found.post, found.start) == (("2015Q3", "2017Q4"), ("2018Q1", "2019Q4"), "2018Q1")
    assert found.cut_by == events()["l52_2020"]


def test_a_quarter_that_an_event_cuts_is_left_out() -> None:
    """COVID came in March 2020, so the first quarter of 2020 is no clean quarter, though its months before are."""
    months = [f"{year}M{month:02d}" for year in range(2014, 2021) for month in range(1, 13)]
    assert window(QUARTERS, trial="psykolog", start=date(2018, 1, 1)).post[1] == "2019Q4"
    assert window(months, trial="psykolog", start=date(2018, 1, 1)).post[1] == "2020M02"


def test_an_unknown_start_leaves_the_doubtful_periods_out() -> None:
    """Between the first and the last possible start nobody knows: neither before nor after."""
    found = window(QUARTERS, trial="mentor", start=date(2017, 7, 1), settled=date(2018, 7, 1))
    assert (found.pre[1], found.start, found.post[0]) == ("2017Q2", "2017Q3", "2018Q3")


def test_clean_windows_of_the_trials_agree_with_the_calendar() -> None:
    """No trial's own clean window outlasts the first event that treats everybody."""
    for each in load_trials().values():
        event = spoils(each.key, each.first_possible_start)
        assert event is not None
        last = last_clean_day(each.key, each.first_possible_start, each.clean_end)
        assert last < event.start
        assert each.clean_end is None or last <= each.clean_end
    ratio = load_trials()["forholdstal"]
    assert last_clean_day("forholdstal", ratio.first_possible_start, ratio.clean_end) == date(2019, 12, 31)


def test_contaminated_comparisons_are_found_by_trial_and_time() -> None:
    """Aabenraa is spoilt for two trials from February 2019, the first free municipalities until the end of 2015."""
    assert 580 in contaminated("rehab_jaf", date(2018, 1, 1), date(2019, 12, 31))
    assert 580 not in contaminated("rehab_jaf", date(2018, 1, 1), date(2019, 1, 31))
    assert 580 not in contaminated("mentor", date(2018, 1, 1), date(2019, 12, 31))
    assert 461 in contaminated("mentor", date(2015, 12, 31), date(2016, 12, 31))
    assert not contaminated("mentor", date(2016, 1, 1), date(2016, 12, 31))


def test_a_window_without_periods_is_refused() -> None:
    """A series that begins after the start cannot be compared over time."""
    with pytest.raises(BadDesign, match="0 whole periods before"):
        window(["2018Q1", "2018Q2"], trial="mentor", start=date(2018, 1, 1))


@pytest.mark.parametrize(
    "label", ["2019QMAT1", "2019Q01", "2019Q5", "2019M13", "2019K1", "2019H1", "2019U01", "19", ""]
)
def test_what_is_no_period_has_no_frequency(label: str) -> None:
    """A rolling year, a half-year or a label that is not uniform is refused, and never read as a quarter."""
    with pytest.raises(BadData, match="is no period"):
        frequency(label)
