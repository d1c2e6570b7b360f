from dataclasses import replace

import numpy as np
import pytest
from conftest import made_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from frikommune import did, event_study, per_use, placebo, simultaneous_band
from frikommune.errors import BadDesign
from frikommune.inference import DETECTABLE
from frikommune.joint import fieller


def uptake_panel(panel, uses: float = 0.2):
    """Make the uses a person: none before the start or in the comparisons."""
    used = np.where((np.arange(8) >= panel.start[:, None]) & panel.treated[:, None], uses, 0.0)
    return panel.holding(used)


def test_the_band_reaches_as_far_as_the_most_extreme_point_of_placebo_paths() -> None:
    """By hand over all 220 sets of three of twelve comparisons: the 11th largest of 220 maxima, in sd of each point."""
    panel = made_panel(units=15, effect=3.0)
    band = simultaneous_band(event_study(panel, weights="units"))
    assert band.draws.shape == (220, 7)
    largest = np.sort((np.abs(band.draws) / band.draws.std(axis=0, ddof=1)).max(axis=1))
    assert band.critical == pytest.approx(largest[-11])
    np.testing.assert_allclose(band.high - band.low, 2 * band.critical * band.sd)


def test_a_simultaneous_band_is_wider_than_pointwise_ones() -> None:
    """It holds all points at once, so it reaches further than two standard deviations."""
    band = simultaneous_band(event_study(made_panel(units=40)), draws=999)
    assert band.critical > 2.2


def test_the_band_holds_the_whole_path_when_nothing_happened() -> None:
    """On 100 panels without an effect zero leaves the 95 % band in about 5 % (standard error 2.2)."""
    missed = []
    for seed in range(100):
        band = simultaneous_band(event_study(made_panel(units=30, seed=seed), weights="units"), draws=199)
        missed.append(bool(((band.low > 0) | (band.high < 0)).any()))
    assert np.mean(missed) <= 0.12


def test_the_band_works_with_staggered_starts_and_holes() -> None:
    """Units that lack a cell stand in for nobody; starts are given to placebo sets in the treated units' order."""
    panel = replace(made_panel(units=30), start=np.array([3, 5, 6, *[8] * 27]))
    holes = panel.Y.copy()
    holes[7, 2] = np.nan
    band = simultaneous_band(event_study(panel.holding(holes)), draws=199)
    assert np.isfinite(band.draws).all()
    assert np.isfinite(band.low).all()


def test_an_effect_for_each_use_is_the_effect_divided_by_uptake() -> None:
    """Nobody else uses the waiver, so the interval is the placebo interval divided by uptake, and so is the power."""
    panel = made_panel(units=40, effect=3.0)
    effect, uptake = did(panel, weights="units"), did(uptake_panel(panel), weights="units")
    ratio = per_use(effect, uptake)
    assert ratio.value == pytest.approx(effect.value / 0.2)
    how = placebo(effect)
    half = (how.high - how.low) / 2
    assert (ratio.high - ratio.low) / 2 == pytest.approx(half / 0.2, rel=0.02)
    assert ratio.smallest_detectable == pytest.approx(DETECTABLE * how.sd / 0.2, rel=1e-9)
    assert ratio.excluded is None


def test_hardly_any_use_gives_an_interval_that_says_so() -> None:
    """Half the uptake, twice the width; uptake that is lost in the comparisons' own gives no bound at all."""
    panel = made_panel(units=40, effect=1.0)
    effect = did(panel, weights="units")
    much, little = (per_use(effect, did(uptake_panel(panel, uses), weights="units")) for uses in (0.2, 0.1))
    assert little.high - little.low == pytest.approx(2 * (much.high - much.low))
    noisy = panel.holding(uptake_panel(panel, 0.01).Y + np.random.default_rng(1).normal(size=(40, 8)))
    lost = per_use(effect, did(noisy, weights="units"))
    assert (lost.low, lost.high) == (-np.inf, np.inf)
    assert lost.smallest_detectable == np.inf


@settings(max_examples=200, deadline=None)
@given(
    top=st.floats(-5, 5), bottom=st.floats(-5, 5), sd=st.tuples(st.floats(0.1, 2), st.floats(0.1, 2)),
    correlation=st.floats(-0.9, 0.9), ratio=st.floats(-50, 50),
)  # fmt: skip
def test_fieller_holds_what_the_test_does_not_reject(top, bottom, sd, correlation, ratio) -> None:
    """A ratio is inside exactly when top - ratio * bottom is within 1.96 of its standard deviations from zero."""
    spread = np.array([[sd[0] ** 2, correlation * sd[0] * sd[1]], [correlation * sd[0] * sd[1], sd[1] ** 2]])
    low, high, excluded = fieller(top, bottom, spread, 1.96)
    apart = abs(top - ratio * bottom)
    reach = 1.96 * np.sqrt(spread[0, 0] - 2 * ratio * spread[0, 1] + ratio**2 * spread[1, 1])
    inside = low <= ratio <= high and not (excluded and excluded[0] < ratio < excluded[1])
    if abs(apart - reach) > 1e-6 * (1 + reach):
        assert inside == (apart < reach)


def test_fieller_is_symmetric_in_sign_and_scale() -> None:
    """Turning both round changes nothing; doubling the top doubles the ratio."""
    spread = np.array([[1.0, 0.3], [0.3, 0.2]])
    low, high, _ = fieller(3.0, 2.0, spread, 1.96)
    assert fieller(-3.0, -2.0, spread, 1.96)[:2] == pytest.approx((low, high))
    assert fieller(6.0, 2.0, np.array([[4.0, 0.6], [0.6, 0.2]]), 1.96)[:2] == pytest.approx((2 * low, 2 * high))
    assert fieller(3.0, 2.0, spread, np.inf) == (-np.inf, np.inf, None)


def test_pairs_that_are_none_are_refused() -> None:
    """Other units, other starts, no use at all, or too few placebos."""
    panel = made_panel(units=40)
    effect, uptake = did(panel), did(uptake_panel(panel))
    with pytest.raises(BadDesign, match="different units"):
        per_use(effect, did(uptake_panel(made_panel(units=39))))
    later = replace(panel, start=np.where(panel.treated, 6, 8))
    with pytest.raises(BadDesign, match="periods or starts"):
        per_use(effect, did(uptake_panel(later)))
    with pytest.raises(BadDesign, match="did not change"):
        per_use(effect, did(uptake_panel(panel, 0.0)))
    with pytest.raises(BadDesign, match="at least 19"):
        per_use(effect, uptake, draws=5)
    with pytest.raises(BadDesign, match="at least 19"):
        simultaneous_band(event_study(made_panel(units=6)))
