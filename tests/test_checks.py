import numpy as np
import pytest
from conftest import made_panel

from frikommune import did, judge, municipalities_needed, placebo, placebo_in_time
from frikommune.checks import AlreadyTreated
from frikommune.errors import BadDesign


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
