from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from conftest import made_panel, municipal_panel, sizeless
from scipy import stats

from frikommune import did, placebo
from frikommune.errors import BadDesign, UnknownName
from frikommune.inference import DETECTABLE, detectable, narrower
from frikommune.inference.inversion import bounds, interval
from frikommune.municipalities import municipalities, network


def changes(panel) -> np.ndarray:
    """Return each unit's change from before to after the start in period 5."""
    return panel.Y[:, 5:].mean(axis=1) - panel.Y[:, :5].mean(axis=1)


def test_every_assignment_is_tried_once_when_there_are_few() -> None:
    """Three of nine comparisons can be chosen in 84 ways, and each effect can be worked out by hand."""
    panel = sizeless(made_panel())
    how = placebo(did(panel, weights="units"))
    change = changes(panel)[3:]
    by_hand = [change[list(chosen)].mean() - np.delete(change, chosen).mean() for chosen in combinations(range(9), 3)]
    assert how.enumerated
    np.testing.assert_allclose(sorted(how.draws), sorted(by_hand))
    assert how.sd == pytest.approx(np.std(by_hand, ddof=1))
    assert how.smallest_detectable == detectable(how.draws, narrower=narrower(did(panel, weights="units")))


def test_p_counts_the_real_assignment_and_is_never_zero() -> None:
    """The most extreme of 85 assignments has p = 1/85, however large the effect."""
    assert placebo(did(made_panel(effect=1e6), weights="units")).p == pytest.approx(1 / 85)
    assert placebo(did(made_panel(units=100, effect=1e6), weights="units"), draws=199).p == pytest.approx(1 / 200)


@pytest.mark.parametrize("seed", range(5))
def test_the_permutation_test_of_scipy_agrees(seed: int) -> None:
    """Over all units the p-value is that of an exact two-sample permutation test of the units' changes."""
    panel = sizeless(made_panel(effect=0.8, seed=seed))
    change = changes(panel)
    exact = stats.permutation_test(
        (change[:3], change[3:]), lambda x, y: abs(np.mean(x) - np.mean(y)), alternative="greater", n_resamples=np.inf
    )
    assert placebo(did(panel, weights="units"), pool="all").p == pytest.approx(exact.pvalue)


@pytest.mark.parametrize("pool", ["comparisons", "all"])
def test_the_interval_holds_the_effects_that_are_not_rejected(pool) -> None:
    """Subtracting an effect inside the interval gives p above 5 %, outside at most 5 %: brute force."""
    panel = made_panel(effect=1.0)
    how = placebo(did(panel, weights="units"), pool=pool)
    happened = np.zeros(panel.Y.shape)
    happened[:3, 5:] = 1

    def p(effect: float) -> float:
        return placebo(did(panel.holding(panel.Y - effect * happened), weights="units"), pool=pool).p

    width = how.high - how.low
    assert min(p(how.low + 1e-6 * width), p(how.high - 1e-6 * width)) > 0.05
    assert max(p(how.low - 1e-6 * width), p(how.high + 1e-6 * width)) <= 0.05


@pytest.mark.parametrize("pool", ["comparisons", "all"])
def test_the_bounds_invert_the_one_sided_test(pool) -> None:
    """At the bound just five percent of the assignments, the real one counted, are as extreme on that side."""
    panel = made_panel(effect=1.0)
    how = placebo(did(panel, weights="units"), pool=pool)
    happened = np.zeros(panel.Y.shape)
    happened[:3, 5:] = 1

    def one_sided(effect: float, sign: int) -> float:
        moved = did(panel.holding(panel.Y - effect * happened), weights="units")
        draws = placebo(moved, pool=pool).draws
        return float((1 + (sign * draws >= sign * moved.value - 1e-12).sum()) / (1 + draws.size))

    assert one_sided(how.at_most - 1e-6, -1) > 0.05 >= one_sided(how.at_most + 1e-6, -1)
    assert one_sided(how.at_least + 1e-6, 1) > 0.05 >= one_sided(how.at_least - 1e-6, 1)


def test_the_bounds_lie_inside_the_interval_when_placebos_are_symmetric() -> None:
    """A one-sided 95 % bound is nearer the effect than the end of a two-sided interval."""
    how = placebo(did(made_panel(units=60, treated=5), weights="units"))
    assert how.low < how.at_least < how.at_most < how.high


def test_too_few_placebos_give_no_interval() -> None:
    """With nine placebos p cannot be below a tenth: nothing is excluded at 95 %."""
    how = placebo(did(made_panel(units=10, treated=1), weights="units"))
    assert (how.low, how.high, how.at_least, how.at_most) == (-np.inf, np.inf, -np.inf, np.inf)


def test_the_level_is_kept_when_nothing_happened() -> None:
    """On 400 exchangeable panels without an effect a test at 5 % is wrong in about 5 % (standard error 1.1)."""
    alarms = [
        placebo(did(sizeless(made_panel(seed=seed)), weights="units"), pool="all").p <= 0.05 for seed in range(400)
    ]
    assert 0.02 <= np.mean(alarms) <= 0.085


def test_shared_trends_and_scale_do_nothing_to_p() -> None:
    """A p-value has no unit, and knows nothing of what all units share."""
    panel = made_panel(effect=0.5)
    p = placebo(did(panel)).p
    assert placebo(did(panel.holding(3 * panel.Y + np.arange(8) ** 2))).p == p


def test_the_same_seed_gives_the_same_answer_and_another_a_near_one() -> None:
    """Drawn placebos are reproducible, and two seeds agree within their Monte-Carlo error."""
    effect = did(made_panel(units=60, treated=5, effect=0.3), weights="units")
    first, again, other = placebo(effect), placebo(effect), placebo(effect, seed=2)
    np.testing.assert_array_equal(first.draws, again.draws)
    assert not first.enumerated
    assert abs(first.p - other.p) < 4 * np.sqrt(2 * 0.25 / 9999)


def test_staggered_starts_are_shuffled_among_placebos() -> None:
    """Two treated with two starts on four comparisons: twelve ordered pairs."""
    panel = made_panel(units=6, treated=2)
    effect = did(replace(panel, start=np.array([4, 6, *[8] * 4])), weights="units")
    how = placebo(effect)
    assert how.enumerated
    assert len(how.draws) == 12


def test_the_smallest_detectable_effect_is_found_four_times_in_five() -> None:
    """An effect of 2.8 standard errors is found with 80 % power by a two-sided test at 5 % under normality."""
    power = stats.norm.sf(stats.norm.ppf(0.975) - DETECTABLE) + stats.norm.cdf(-stats.norm.ppf(0.975) - DETECTABLE)
    assert power == pytest.approx(0.8, abs=1e-4)


def test_a_pool_that_is_too_small_is_refused() -> None:
    """As many treated as comparisons leave nothing to draw."""
    with pytest.raises(BadDesign, match="more are needed"):
        placebo(did(made_panel(units=6, treated=3)))


def test_a_mirrored_assignment_is_always_as_extreme() -> None:
    """With three treated of six the other three are the same contrast turned round: nothing is ever excluded."""
    how = placebo(did(made_panel(units=6, treated=3, effect=50.0), weights="units"), pool="all")
    assert (how.low, how.high) == (-np.inf, np.inf)


def test_units_with_holes_stand_in_for_nobody() -> None:
    """A comparison, and a treated unit, that lack the same cell leave the placebos to the complete ones."""
    panel = made_panel(units=30)
    holes = panel.Y.copy()
    holes[[0, 5], 1] = np.nan
    how = placebo(did(panel.holding(holes), weights="units"))
    assert how.enumerated
    assert len(how.draws) == 2600  # three of the 26 complete comparisons


@pytest.mark.parametrize("wrong", [{"draws": -1}, {"draws": 1}, {"seed": -1}, {"level": 2.0}])
def test_options_out_of_range_are_refused(wrong) -> None:
    """Too few draws, a negative seed or an impossible level is said at once."""
    with pytest.raises(BadDesign, match="were expected"):
        placebo(did(made_panel()), **wrong)
    with pytest.raises(UnknownName, match="pool"):
        placebo(did(made_panel()), pool="everyone")


def test_contiguous_placebos_are_tried_each_once_when_there_are_few() -> None:
    """Two neighbours have as many placebos as the comparisons have borders and ferries among them."""
    panel = municipal_panel(tuple(municipalities()), (851, 820))
    how = placebo(did(panel), scheme="contiguous")
    known = municipalities()
    links = {
        frozenset((code, other))
        for code, each in known.items()
        for other in each.neighbours | each.ferries
        if not {code, other} & {851, 820}
    }
    assert how.enumerated
    assert len(how.draws) == len(links)


def test_one_treated_is_the_same_scattered_or_contiguous() -> None:
    """A set of one always lies together."""
    effect = did(municipal_panel(tuple(municipalities()), (851,)))
    np.testing.assert_array_equal(placebo(effect).draws, placebo(effect, scheme="contiguous").draws)


def test_shared_shocks_make_contiguous_placebos_wider_than_scattered() -> None:
    """Neighbours move together, so that sets of them differ more from the rest; so do sets within a province."""
    effect = did(municipal_panel(tuple(municipalities()), network(), shared=1.0), weights="units")
    scattered, contiguous, region = (
        placebo(effect, 1999, scheme=scheme).sd for scheme in ("scattered", "contiguous", "region")
    )
    assert min(contiguous, region) > 1.3 * scattered


@pytest.mark.parametrize("seed", range(6))
def test_intervals_and_bounds_invert_whatever_placebos_share_with_the_treated(seed: int) -> None:
    """By brute force over many effects, for placebos that move less, more, just as much or against the treated."""
    rng = np.random.default_rng(seed)
    placebos, moved = (
        rng.normal(size=39),
        rng.choice([0, 0.5, -0.3, 1, -1, 1.4], 39, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]),
    )
    tried = np.linspace(-60, 60, 24_001)
    shown, left = placebos - np.outer(tried, moved), 1.3 - tried
    low, high = interval(1.3, placebos, moved, 0.9)
    kept = tried[(1 + (np.abs(shown) >= np.abs(left)[:, None]).sum(axis=1)) / 40 > 0.1]
    assert max(low, -60) == pytest.approx(kept.min(), abs=0.006)
    assert min(high, 60) == pytest.approx(kept.max(), abs=0.006)
    at_least, at_most = bounds(1.3, placebos, moved, 0.9)
    above = tried[(1 + (shown >= left[:, None]).sum(axis=1)) / 40 > 0.1]
    below = tried[(1 + (shown <= left[:, None]).sum(axis=1)) / 40 > 0.1]
    assert max(at_least, -60) == pytest.approx(above.min(), abs=0.006)
    assert min(at_most, 60) == pytest.approx(below.max(), abs=0.006)


def test_an_unknown_scheme_is_refused() -> None:
    """A misspelt scheme is answered with those that there are."""
    with pytest.raises(UnknownName, match="scheme"):
        placebo(did(made_panel()), scheme="neighbours")
