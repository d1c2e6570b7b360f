import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import made_panel
from scipy.stats import norm

from frikommune import Panel, did, equivalence, event_study, judge, placebo
from frikommune.checks.equivalence import least_folded, least_rms
from frikommune.errors import BadDesign

CRIME = json.loads((Path(__file__).parent / "oracles" / "equivalence" / "crime.json").read_text())
MANY = norm.ppf((np.arange(200_000) + 0.5) / 200_000)  # placebos that follow a normal distribution


def drifting(slope: float, *, units: int = 60) -> Panel:
    """Make a panel in which the treated drift from the others all along."""
    panel = made_panel(units=units, periods=12, start=8)
    values = panel.Y.copy()
    values[:3] += slope * np.arange(12)
    return panel.holding(values)


def test_a_drift_is_summed_up_in_three_ways() -> None:
    """Largest, mean and root mean square are those of the points before the start, the base left out."""
    path = event_study(drifting(1.0), weights="units")
    before = path.values[path.since < 0]
    check = equivalence(path, draws=999)
    assert check.largest.value == np.abs(before).max()
    assert check.mean.value == pytest.approx(abs(before.mean()))
    assert check.rms.value == pytest.approx(np.sqrt((before**2).mean()))
    assert check.largest.least > check.largest.value


def test_a_margin_is_shown_only_when_a_drift_as_large_would_have_been_seen() -> None:
    """Without a drift a wide margin is shown and a narrow one is not, although nothing is significant."""
    check = equivalence(event_study(drifting(0.0), weights="units"), draws=999)
    assert check.fault(margin=10.0) is None
    narrow = check.fault(margin=0.1)
    assert narrow is not None
    assert narrow.key == "drift_not_excluded"
    effect = did(drifting(0.0), weights="units")
    assert judge(effect, placebo(effect), margin=0.1, checks=[check]).kind == "not identified"


def test_a_real_drift_is_not_excluded() -> None:
    """Half a unit a period over eight periods cannot be shown to stay within two."""
    assert equivalence(event_study(drifting(0.5), weights="units"), draws=999).fault(margin=2.0) is not None


def test_what_happens_in_the_trial_does_not_reach_the_check() -> None:
    """Only the points before the start count."""
    panel = drifting(0.3)
    later = panel.Y.copy()
    later[:, 8:] += 1e3 * np.arange(60)[:, None]
    first, again = (equivalence(event_study(each, weights="units"), 999) for each in (panel, panel.holding(later)))
    assert (first.largest, first.mean, first.rms) == (again.largest, again.mean, again.rms)


def test_anticipation_is_no_drift() -> None:
    """Periods in which people may already have acted are not counted as before."""
    panel = made_panel(units=60, periods=12, start=8)
    values = panel.Y.copy()
    values[:3, 7] += 50
    check = equivalence(event_study(panel.holding(values), weights="units", anticipation=1), draws=999)
    assert check.largest.value < 10


@pytest.mark.parametrize("at", range(3))
def test_the_margins_of_the_crime_panel(at) -> None:
    """With placebos as normal as the paper takes them to be, each period's least margin is EquiTrends'."""
    found = least_folded(CRIME["values"][at], CRIME["se"][at] * MANY, 0.95)
    assert found == pytest.approx(CRIME["least"][at], abs=1e-5)


def test_the_mean_margin_of_the_crime_panel() -> None:
    """So is that of the mean, and the largest is the largest of the three."""
    assert least_folded(CRIME["mean"], CRIME["se_mean"] * MANY, 0.95) == pytest.approx(CRIME["least_mean"], abs=1e-5)
    each = [least_folded(value, se * MANY, 0.95) for value, se in zip(CRIME["values"], CRIME["se"], strict=True)]
    assert max(each) == pytest.approx(CRIME["least_largest"], abs=1e-5)


def test_the_root_mean_square_of_one_point_is_its_size() -> None:
    """With one period before, the root mean square is the deviation itself and has the same margin."""
    noise = np.random.default_rng(1).normal(size=9999)
    both = np.concatenate([noise, -noise])
    assert least_rms(np.array([0.7]), both[:, None], 0.95) == pytest.approx(least_folded(0.7, both, 0.95), abs=1e-9)


@pytest.mark.parametrize("measure", ["largest", "mean", "rms"])
def test_a_drift_as_large_as_the_margin_is_rarely_called_small(measure) -> None:
    """At the edge of the hypothesis no more than 5 % of samples show the margin, up to Monte-Carlo error."""
    rng = np.random.default_rng(3)
    spread = 0.3 * (np.eye(5) + 1.0)  # a shared base makes the points move together
    placebos = rng.multivariate_normal(np.zeros(5), spread, 999)
    truth = np.array([2.0, 2.0, 2.0, 2.0, 2.0]) if measure == "mean" else np.array([2.0, 1.0, -1.0, 0.5, 0.0])
    size = {"largest": 2.0, "mean": 2.0, "rms": float(np.sqrt((truth**2).mean()))}[measure]
    shown = 0
    for value in truth + rng.multivariate_normal(np.zeros(5), spread, 400):
        least = {
            "largest": lambda v: max(least_folded(one, noise, 0.95) for one, noise in zip(v, placebos.T, strict=True)),
            "mean": lambda v: least_folded(v.mean(), placebos.mean(axis=1), 0.95),
            "rms": lambda v: least_rms(v, placebos, 0.95),
        }[measure](value)
        shown += least <= size
    assert shown / 400 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_scaling_the_outcome_scales_every_margin() -> None:
    """A check in per mille is a thousand times that in shares."""
    panel = drifting(0.3)
    first = equivalence(event_study(panel, weights="units"), 999)
    scaled = equivalence(event_study(panel.holding(1000 * panel.Y), weights="units"), 999)
    for name in ("largest", "mean", "rms"):
        assert getattr(scaled, name).least == pytest.approx(1000 * getattr(first, name).least)


def test_too_few_placebos_show_nothing() -> None:
    """With 19 placebos the smallest p-value is 5 %; at 99 % nothing can be shown."""
    path = event_study(made_panel(units=22, treated=1, periods=8), weights="units")
    assert equivalence(path, 999, level=0.99).largest.least == np.inf


def test_a_path_from_the_mean_of_all_periods_is_refused() -> None:
    """Its deviations cancel, so that their mean says nothing."""
    with pytest.raises(BadDesign, match="base"):
        equivalence(event_study(made_panel(), base="all"))


def test_one_period_before_is_refused() -> None:
    """The base alone shows no drift."""
    panel = made_panel()
    with pytest.raises(BadDesign, match="one period before"):
        equivalence(event_study(replace(panel, start=np.where(panel.treated, 1, 8)), weights="units"))


def test_few_comparison_units_are_refused() -> None:
    """From nine comparison units nineteen sets of one cannot be drawn."""
    with pytest.raises(BadDesign, match="at least 19"):
        equivalence(event_study(made_panel(units=10, treated=1), weights="units"))


def test_a_treated_unit_with_one_period_before_is_left_out_and_named() -> None:
    """Nothing is known of its drift; the check of the others was once refused because of it."""
    panel = replace(made_panel(units=60, periods=12), start=np.array([1, 8, 8, *[12] * 57]))
    without = equivalence(event_study(panel.take(np.arange(60) > 0)), draws=199)
    check = equivalence(event_study(panel), draws=199)
    assert check.unseen == (0,)
    assert (check.largest, check.mean, check.rms) == (without.largest, without.mean, without.rms)
    assert "1 treated units have no drift to be seen" in repr(check)


def test_no_root_mean_square_is_shown_smaller_than_it_is() -> None:
    """Where all placebos are longer than the path, a margin of zero was once shown."""
    noise = np.random.default_rng(1).normal(size=(999, 6))
    assert least_rms(np.full(6, 0.1), noise, 0.95) == pytest.approx(0.1)


def test_placebos_that_are_all_alike_are_refused() -> None:
    """Nothing can be measured in a spread of nothing."""
    with pytest.raises(BadDesign, match="must vary between comparison units"):
        equivalence(event_study(made_panel(units=30).holding(np.ones((30, 8)))), draws=199)
