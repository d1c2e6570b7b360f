from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from conftest import made_panel

from frikommune import Estimate, Inference, before_after, did, judge, placebo
from frikommune.checks import Reason
from frikommune.errors import BadDesign


def answer(
    value: float, *, low: float, high: float, better: Literal["lower", "higher"] = "lower"
) -> tuple[Estimate, Inference]:
    """Make an estimate with a given interval; the one-sided bounds lie a tenth of its width inside."""
    effect = did(made_panel())
    how = placebo(effect)
    inside = (high - low) / 10
    effect = replace(effect, value=value, panel=replace(effect.panel, better=better))
    return effect, replace(
        how, low=low, high=high, at_least=low + inside, at_most=high - inside, smallest_detectable=1.4
    )


@pytest.mark.parametrize(
    ("better", "low", "high", "kind", "reason"),
    [
        ("lower", -2.0, -0.1, "better", "interval_good"),
        ("higher", 0.1, 2.0, "better", "interval_good"),
        ("lower", 0.1, 2.0, "worse", "interval_bad"),
        ("higher", -2.0, -0.1, "worse", "interval_bad"),
        ("lower", -1.0, 0.5, "not worse", "bound_inside"),
        ("higher", -0.5, 1.0, "not worse", "bound_inside"),
        ("lower", -1.0, 2.0, "cannot tell", "bound_outside"),
        ("higher", -2.0, 1.0, "cannot tell", "bound_outside"),
        ("lower", -np.inf, np.inf, "cannot tell", "too_few_placebos"),
    ],
)
def test_every_branch(better, low: float, high: float, kind: str, reason: str) -> None:
    """With a margin of one: the interval decides, then the one-sided bound, then nothing does."""
    width = 0.0 if np.isinf(low) else (low + high) / 2
    effect, how = answer(width, low=low, high=high, better=better)
    if np.isinf(low):
        how = replace(how, at_least=-np.inf, at_most=np.inf)
    verdict = judge(effect, how, margin=1.0)
    assert (verdict.kind, verdict.reasons[0].key, verdict.grade) == (kind, reason, 3)


def test_a_change_for_the_worse_within_the_margin_is_worse_all_the_same() -> None:
    """What surely got worse is not called "not worse", however small."""
    assert judge(*answer(0.3, low=0.1, high=0.5), margin=1.0).kind == "worse"


def test_cannot_tell_says_what_could_have_been_seen() -> None:
    """The smallest detectable effect stands among the reasons."""
    verdict = judge(*answer(0.5, low=-1.0, high=2.0), margin=1.0)
    assert dict(verdict.reasons[0].numbers)["detectable"] == 1.4
    assert "detectable 1.4" in str(verdict)


def test_a_trial_used_too_little_cannot_be_told_before_anything_is_read() -> None:
    """If every use counted in full and could still not be seen, no interval and no failed check matters."""

    class Fails:
        def fault(self, margin: float) -> Reason:
            return Reason("drift_before", (("margin", margin),))

    good = answer(-1.0, low=-2.0, high=-0.1)
    assert judge(*good, margin=1.0, ceiling=1.3, checks=[Fails()]).kind == "cannot tell"
    assert judge(*good, margin=1.0, ceiling=1.5, checks=[Fails()]).kind == "not identified"
    assert judge(*good, margin=1.0, ceiling=1.5).kind == "better"


def test_a_series_that_does_not_count_the_group_and_a_trial_never_used_tell_nothing() -> None:
    """The sick are not among the unemployed, and what was never used has no effect to find."""
    good = answer(-1.0, low=-2.0, high=-0.1)
    unseen = judge(*good, margin=1.0, counted=False)
    never = judge(*good, margin=1.0, ceiling=0.0)
    assert (unseen.kind, unseen.reasons[0].key, unseen.grade) == ("cannot tell", "group_not_counted", 3)
    assert (never.kind, never.reasons[0].key, never.grade) == ("cannot tell", "never_used", 0)


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan"), float("inf")])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    """Not worse needs a margin: without one it cannot be shown."""
    with pytest.raises(BadDesign, match="positive"):
        judge(*answer(0.0, low=-1.0, high=1.0), margin=margin)


def test_a_change_without_a_comparison_is_graded_as_one() -> None:
    """Before-after is evidence of grade 2, whatever its placebos say; it was once given that of a comparison."""
    effect = before_after(made_panel(units=30))
    assert judge(effect, placebo(effect, 99), margin=1.0).grade == 2
    assert judge(did(made_panel(units=30)), placebo(effect, 99), margin=1.0).grade == 3
