from dataclasses import replace

import numpy as np
import pytest
from conftest import made_panel

from frikommune import (
    Panel,
    before_after,
    case_mix,
    contamination,
    did,
    equivalence,
    event_study,
    honest_bounds,
    infer,
    inflow,
    judge,
    leave_one_out,
    municipalities_needed,
    placebo,
    placebo_in_time,
    pool,
    sdid,
    second_pool,
    specification_curve,
    synth,
)
from frikommune.checks import AlreadyTreated, told
from frikommune.errors import BadDesign
from frikommune.municipalities import municipalities
from frikommune.schema import indicator
from frikommune.words import LANGUAGES, reason


def drifting(slope: float):
    """Make a panel in which the treated drift from the others all along."""
    panel = made_panel(units=40, periods=12, start=8)
    values = panel.Y.copy()
    values[:3] += slope * np.arange(12)
    return panel.holding(values)


def test_a_drift_before_the_trial_is_found() -> None:
    """Half a unit a period, two periods apart: the placebo in time shows it, and the effect is not identified."""
    effect = did(drifting(2.0), weights="units")
    check = placebo_in_time(effect, (0, 3), (4, 7))
    assert check.estimate.value == pytest.approx(8, abs=1.5)
    assert check.fault(margin=1.0) is not None
    verdict = judge(effect, placebo(effect), margin=1.0, checks=[check])
    assert (verdict.kind, verdict.reasons[0].key) == ("not identified", "drift_before")


def test_what_happens_in_the_trial_does_not_reach_the_check() -> None:
    """The placebo in time sees only what came before."""
    panel = drifting(0.0)
    later = panel.Y.copy()
    later[:, 8:] = 1e6
    first = placebo_in_time(did(panel, weights="units"), (0, 3), (4, 7))
    again = placebo_in_time(did(panel.holding(later), weights="units"), (0, 3), (4, 7))
    assert first.estimate.value == again.estimate.value


def test_a_small_drift_passes() -> None:
    """Without a drift and with a wide margin the check finds no fault."""
    assert placebo_in_time(did(drifting(0.0), weights="units"), (0, 3), (4, 7)).fault(margin=5.0) is None


def test_units_treated_before_spoil_the_comparison_when_they_are_all_there_are() -> None:
    """One of two leaves something to compare; one of one does not."""
    assert AlreadyTreated(spoilt=1, treated=2).fault(1.0) is None
    assert AlreadyTreated(spoilt=1, treated=1).fault(1.0) is not None


def test_a_window_that_reaches_into_the_trial_is_refused() -> None:
    """A placebo in time must end before the first start."""
    with pytest.raises(BadDesign, match="already treated"):
        placebo_in_time(did(drifting(0.0)), (0, 3), (4, 8))


def test_more_municipalities_see_smaller_effects() -> None:
    """The number needed grows as the effect shrinks, and is none when the panel is too small."""
    effect = did(made_panel(units=80), weights="units")
    needed = [municipalities_needed(effect, size) for size in (3.0, 1.0, 0.7)]
    assert None not in needed
    assert needed == sorted(needed)  # type: ignore[type-var]
    assert municipalities_needed(effect, 1e-6) is None


def test_the_number_needed_is_what_the_standard_deviation_says() -> None:
    """For independent changes the sd is s * sqrt(1/k + 1/(m - k)): the first k where 2.8 of it fits."""
    panel = made_panel(units=83)
    effect = did(panel, weights="units")
    change = (panel.Y[:, 5:].mean(axis=1) - panel.Y[:, :5].mean(axis=1))[3:]
    spread = change.std(ddof=1) * np.sqrt([1 / k + 1 / (80 - k) for k in range(1, 41)])
    expected = int(np.argmax(2.8016 * spread <= 0.9)) + 1
    found = municipalities_needed(effect, 0.9)
    assert found is not None
    assert abs(found - expected) <= 1


def test_an_effect_that_one_unit_makes_rests_on_it() -> None:
    """Without the one treated unit that jumped nothing is left, and the check names it."""
    panel = made_panel(units=30)
    values = panel.Y.copy()
    values[1, 5:] += 30
    check = leave_one_out(did(panel.holding(values), weights="units"))
    unit, without = check.heaviest
    assert unit == 1
    assert abs(without) < 2
    fault = check.fault(margin=3.0)
    assert fault is not None
    assert fault.key == "rests_on_one"
    assert check.fault(margin=20.0) is None


@pytest.mark.parametrize("design", [did, sdid])
def test_leaving_out_is_the_design_on_the_panel_without_that_unit(design) -> None:
    """Every unit is left out once, treated and comparison alike, also where the weights are fitted."""
    panel = made_panel(units=12, effect=3.0)
    check = leave_one_out(design(panel))
    assert (check.treated, check.comparisons) == ((0, 1, 2), tuple(range(3, 12)))
    assert check.without_treated[1] == pytest.approx(design(panel.take(np.arange(12) != 1)).value)
    assert check.without_comparison[4] == pytest.approx(design(panel.take(np.arange(12) != 7)).value)


def test_one_treated_unit_is_never_left_out() -> None:
    """There is no effect without it; the comparisons are left out all the same."""
    check = leave_one_out(did(made_panel(treated=1)))
    assert check.treated == ()
    assert len(check.comparisons) == 11
    with pytest.raises(BadDesign, match="neither can be left out"):
        leave_one_out(did(made_panel(units=2, treated=1)))


def test_pools_that_disagree_are_a_fault() -> None:
    """When half of the comparisons moved by ten, the two pools differ by ten."""
    panel = made_panel(units=40)
    values = panel.Y.copy()
    values[20:, 5:] += 10
    panel = panel.holding(values)
    first, second = panel.take(np.arange(40) < 20), panel.take((np.arange(40) < 3) | (np.arange(40) >= 20))
    check = second_pool(did(first, weights="units"), second, draws=99)
    assert check.difference == pytest.approx(-10, abs=1)
    assert check.shared == 0
    assert check.second.value == did(second, weights="units").value
    fault = check.fault(margin=2.0)
    assert fault is not None
    assert fault.key == "pools_differ"
    assert check.fault(margin=15.0) is None


def test_a_second_pool_of_other_treated_or_of_the_same_comparisons_is_refused() -> None:
    """The question is whom they are compared with, not who they are."""
    effect = did(made_panel(units=40))
    with pytest.raises(BadDesign, match="same ones were expected"):
        second_pool(effect, made_panel(units=40, treated=4))
    with pytest.raises(BadDesign, match="give another pool"):
        second_pool(effect, made_panel(units=40))


def test_every_check_tells_a_number_and_a_sentence() -> None:
    """Whether it fails or passes, and in both languages; it fails with a margin of nothing, and passes a wide one."""
    panel, near = made_panel(units=40, effect=5.0), np.arange(40) < 30
    effect, path = did(panel), event_study(panel)
    share = panel.holding(np.random.default_rng(2).random(panel.Y.shape))
    alike = {"a": share, "b": share.holding(1 - share.Y)}
    checks = [
        placebo_in_time(effect, (0, 2), (3, 4), draws=99),
        second_pool(effect, panel.take(near), draws=99),
        leave_one_out(effect),
        equivalence(path, draws=99),
        case_mix(effect, alike, {"a": 1.0, "b": 2.0}, draws=99),
        specification_curve({"all": panel}, pre=[(0, 4)], post=[(5, 7)], draws=99),
    ]
    said = [told(each, margin) for each in checks[:5] for margin in (1e-9, 1e9)]
    assert [each.fault(1e-9) is None for each in checks] == [False] * 5 + [True]
    assert [each.fault(1e9) is None for each in checks] == [True] * 6
    said += [told(checks[5], 1.0), told(inflow(effect, panel, tolerated=1e9, draws=99), 1.0)]
    said += [told(AlreadyTreated(1, treated), 1.0) for treated in (1, 2)]
    said += [told(honest_bounds(path, draws=99), 1.0)]
    window = did(danish(AALBORG), ("2016Q1", "2017Q2"), ("2018Q1", "2018Q4"), weights="units")
    said += [told(contamination(window, "laegeattest_sdp"), 1.0)]
    assert len({each.key for each in said}) == len(said)
    for each in said:
        assert each.numbers
        assert all(len(reason(each, indicator("unemployment"), lang)) > 30 for lang in LANGUAGES)


def test_a_check_uses_no_weaker_placebo_than_the_answer() -> None:
    """Neighbours that share a shock are held against contiguous sets and the shock of the region, in a check too."""
    panel = danish(*(code for code, each in municipalities().items() if each.region == "Nordjylland"))
    effect = did(panel, ("2015Q1", "2017Q2"), ("2017Q3", "2019Q4"), weights="units")
    check = placebo_in_time(effect, ("2015Q1", "2016Q2"), ("2016Q3", "2017Q2"), draws=199)
    assert {each.method for each in check.inference.parts} == {"scattered", "contiguous", "regional"}
    assert check.inference.p == max(each.p for each in check.inference.parts)
    assert check.inference.p == infer(check.estimate, 199).p


def danish(*treated: int, until: int = 2020) -> Panel:
    """Make a panel of the 98 municipalities by quarter from 2015, with a start in the third quarter of 2017."""
    codes = tuple(municipalities())
    periods = tuple(f"{year}Q{quarter}" for year in range(2015, until) for quarter in range(1, 5))
    values = np.random.default_rng(1).normal(size=(98, len(periods)))
    start = np.where(np.isin(codes, treated), periods.index("2017Q3"), len(periods))
    empty = np.full(values.shape, np.nan)
    return Panel(values, empty, empty, codes, periods, start)


AALBORG, AABENRAA, VESTHIMMERLAND = 851, 580, 820


def test_a_comparison_with_waivers_of_its_own_is_named_with_its_weight() -> None:
    """Aabenraa held a dispensation from the same rule in 2019: one of 97 comparisons."""
    effect = did(danish(AALBORG), ("2016Q1", "2017Q2"), ("2018Q1", "2019Q4"), weights="units")
    check = contamination(effect, "laegeattest_sdp")
    assert list(check.comparisons) == [AABENRAA]
    assert check.share == pytest.approx(1 / 97)
    fault = check.fault(1.0)
    assert fault is not None
    assert fault.key == "comparison_treated"


def test_a_clean_pool_passes_the_calendar() -> None:
    """The pool that leaves Aabenraa out has nothing to answer for, and neither has a window before its dispensation."""
    window = {"pre": ("2016Q1", "2017Q2"), "post": ("2018Q1", "2019Q4")}
    clean = pool(danish(AALBORG), "all", trial="laegeattest_sdp", **window)
    assert contamination(did(clean.panel, **window, weights="units"), "laegeattest_sdp").fault(1.0) is None
    early = did(danish(AALBORG), ("2016Q1", "2017Q2"), ("2018Q1", "2018Q4"), weights="units")
    assert contamination(early, "laegeattest_sdp").fault(1.0) is None


def test_a_window_that_crosses_a_national_law_is_a_fault() -> None:
    """From 2020 the medical certificate was voluntary everywhere: the comparison is treated too."""
    effect = did(danish(AALBORG, until=2021), ("2016Q1", "2017Q2"), ("2018Q1", "2020Q1"), weights="units")
    check = contamination(effect, "laegeattest_sdp")
    assert check.crossed is not None
    fault = check.fault(1.0)
    assert fault is not None
    assert fault.key == "window_crossed"


def test_waivers_before_the_trial_are_found_among_the_treated() -> None:
    """Vesthimmerland took part in the first round of free municipalities until the end of 2015."""
    effect = did(danish(VESTHIMMERLAND), ("2015Q1", "2017Q2"), ("2018Q1", "2018Q4"), weights="units")
    assert list(contamination(effect, "mikrolaan").treated) == [VESTHIMMERLAND]
    later = did(danish(VESTHIMMERLAND), ("2016Q1", "2017Q2"), ("2018Q1", "2018Q4"), weights="units")
    assert not contamination(later, "mikrolaan").treated


def test_a_local_shock_inside_the_window_is_a_fault() -> None:
    """The mink lockdown of November 2020 struck seven municipalities of North Jutland and nobody else."""
    effect = did(danish(AALBORG, until=2021), ("2016Q1", "2017Q2"), ("2020Q4", "2020Q4"), weights="units")
    assert VESTHIMMERLAND in contamination(effect, "mikrolaan").struck


def test_the_calendar_needs_codes_and_labels() -> None:
    """States and plain numbers are no municipalities and periods."""
    with pytest.raises(BadDesign, match="no municipality codes"):
        contamination(did(made_panel()), "mikrolaan")


def test_a_trial_that_changes_who_enters_is_found() -> None:
    """Forty more entrants where twenty are tolerated, and a stable inflow that passes."""
    panel = made_panel(units=40)
    stable = panel.holding(100 + panel.Y)
    moved = stable.Y.copy()
    moved[:3, 5:] += 40
    fault = inflow(did(panel), stable.holding(moved), tolerated=20.0, draws=199).fault(0.1)
    assert fault is not None
    assert fault.key == "inflow_moved"
    assert inflow(did(panel), stable, tolerated=20.0, draws=199).fault(0.1) is None


def test_a_change_in_the_mix_is_told_in_the_unit_of_the_outcome() -> None:
    """A fifth fewer cases of 30 weeks and more of 10: the mix alone shortens them by four."""
    panel = made_panel(units=40)
    slow = 0.5 + 0.01 * np.random.default_rng(2).normal(size=panel.Y.shape)
    slow[:3, 5:] -= 0.2
    shares = {"slow": panel.holding(slow), "fast": panel.holding(1 - slow)}
    check = case_mix(did(panel), shares, {"slow": 30.0, "fast": 10.0}, draws=199)
    assert check.estimate.value == pytest.approx(-4, abs=0.3)
    fault = check.fault(margin=1.0)
    assert fault is not None
    assert fault.key == "mix_moved"


def test_strata_alike_hide_no_effect() -> None:
    """Where every stratum has the same level the mix cannot move the outcome."""
    panel = made_panel(units=40)
    slow = np.random.default_rng(2).random(panel.Y.shape)
    shares = {"slow": panel.holding(slow), "fast": panel.holding(1 - slow)}
    check = case_mix(did(panel), shares, {"slow": 20.0, "fast": 20.0}, draws=199)
    assert check.estimate.value == pytest.approx(0, abs=1e-9)


def test_an_inflow_of_other_units_and_shares_that_are_none_are_refused() -> None:
    """The inflow is that of the same units and periods, and shares sum to one."""
    panel = made_panel(units=40)
    with pytest.raises(BadDesign, match="same ones were expected"):
        inflow(did(panel), made_panel(units=39), tolerated=1.0)
    with pytest.raises(BadDesign, match="positive number"):
        inflow(did(panel), panel, tolerated=0.0)
    half = panel.holding(np.full(panel.Y.shape, 0.4))
    with pytest.raises(BadDesign, match="do not sum to one in 320 cells"):
        case_mix(did(panel), {"a": half, "b": half}, {"a": 1.0, "b": 2.0})
    with pytest.raises(BadDesign, match="the same ones were expected"):
        case_mix(did(panel), {"a": half}, {"b": 2.0})


def test_a_placebo_in_time_ends_before_anybody_could_act_on_the_trial() -> None:
    """It once ended in the periods that the design itself sets aside, and took acting early for a drift."""
    values = drifting(0.0).Y.copy()
    values[:3, 6:8] += 50
    effect = did(drifting(0.0).holding(values), weights="units", anticipation=2)
    with pytest.raises(BadDesign, match="leaves out 2 periods before the start"):
        placebo_in_time(effect, (0, 3), (4, 6))
    assert abs(placebo_in_time(effect, (0, 3), (4, 5)).estimate.value) < 5


def test_the_calendar_is_asked_about_the_periods_a_synthetic_control_is_fitted_to() -> None:
    """They weigh nothing in its effect, and were once passed over: a waiver held then spoils the fit."""
    panel = danish_years()
    found = contamination(synth(panel), "rehab_jaf")
    assert (found.first, found.last) == ("2010", "2019")
    assert contamination(synth(panel, ("2012", "2015"), ("2016", "2017")), "rehab_jaf").first == "2012"


def test_a_change_without_a_comparison_has_nobody_contaminated() -> None:
    """Nobody carries it, and no share is divided by nothing."""
    found = contamination(before_after(danish_years()), "rehab_jaf")
    assert (found.comparisons, found.share) == ({}, 0.0)


def danish_years() -> Panel:
    """Make a panel of the 98 municipalities from 2010 to 2019, of which two are treated from 2016 on."""
    panel = made_panel(units=98, periods=10, start=6, seed=3)
    years = tuple(str(year) for year in range(2010, 2020))
    return replace(panel, units=tuple(municipalities()), periods=years).treating([851, 773], "2016")
