from dataclasses import replace

import numpy as np
import pytest
from conftest import made_panel

from frikommune import event_study, simultaneous_band
from frikommune.errors import BadDesign


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
    holes[7, 2] = np.nan  # a comparison unit
    holes[0, 5] = np.nan  # a treated unit, at one point
    band = simultaneous_band(event_study(panel.holding(holes)), draws=199)
    assert np.isfinite(band.draws).all()
    assert np.isfinite(band.low).all()


def test_too_few_placebos_are_refused() -> None:
    """With fewer than 19 no band reaches 95 %."""
    with pytest.raises(BadDesign, match="at least 19"):
        simultaneous_band(event_study(made_panel(units=40)), draws=5)


def test_points_at_which_all_placebos_are_the_same_do_not_spoil_the_band() -> None:
    """An outcome that is zero everywhere before the start, as the use of a waiver, has its band after it."""
    values = made_panel(units=40).Y.copy()
    values[:, :5] = 0
    band = simultaneous_band(event_study(made_panel(units=40).holding(values)), draws=199)
    assert (band.low[:4] == 0).all()
    assert np.isfinite(band.high).all()
    assert (band.high[4:] > band.low[4:]).all()
