import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import made_panel
from scipy.optimize import linprog, minimize
from scipy.stats import norm

from frikommune import did, event_study, honest_bounds, judge, placebo
from frikommune.checks import Moments, breakdown, relative_magnitudes, smoothness
from frikommune.checks.conditional import accepted, cases
from frikommune.checks.smooth import critical
from frikommune.errors import BadDesign

HERE = Path(__file__).parent / "oracles" / "honest"
PUBLISHED = json.loads((HERE / "published.json").read_text())
PEER = json.loads((HERE / "peer.json").read_text())
FIRST, MEAN = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)


def profits(target) -> Moments:
    """Return the event study of Benzarti & Carloni (2019): profits of restaurants around a cut of value-added tax."""
    held = json.loads((HERE / "benzarti_carloni.json").read_text())
    return Moments(np.array(held["values"]), np.array(held["spread"]), target)


def noisy(before: int, after: int, *, seed: int = 1) -> Moments:
    """Make a path of noise around a base."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(size=(400, before + 1 + after))
    paths = np.delete(levels - levels[:, [before]], before, axis=1)
    return Moments(paths[0], np.cov(paths, rowvar=False), np.full(after, 1 / after))


def test_on_a_parallel_path_the_set_is_the_ordinary_interval() -> None:
    """Where no deviation is allowed, what remains is the effect plus or minus 1.96 standard errors."""
    moments = profits(MEAN)
    se = np.sqrt(MEAN @ moments.spread[4:, 4:] @ MEAN)
    bound = relative_magnitudes(moments, 0.0)
    assert bound.low == pytest.approx(moments.effect - 1.959964 * se, abs=1e-5)
    assert bound.high == pytest.approx(moments.effect + 1.959964 * se, abs=1e-5)
    assert bound.identified == (moments.effect, moments.effect)


def test_the_identified_set_can_be_worked_out_by_hand() -> None:
    """The largest change before is 0.0795; the first effect moves by it once, the mean of four by it 2.5 times."""
    low, high = relative_magnitudes(profits(FIRST), 2.0).identified  # type: ignore[misc]
    largest = 0.0730149895 + 0.006472972222
    assert (low, high) == pytest.approx((0.1959611177 - 2 * largest, 0.1959611177 + 2 * largest))
    low, high = relative_magnitudes(profits(MEAN), 1.0).identified  # type: ignore[misc]
    assert high - low == pytest.approx(2 * 2.5 * largest)


def test_a_conclusion_that_rests_on_a_parallel_path_breaks_down() -> None:
    """A large effect outlives a deviation as large as any before; one that barely differs from zero does not."""
    panel = made_panel(units=60, periods=12, start=8, effect=40.0)
    strong = honest_bounds(event_study(panel, weights="units"), draws=999)
    assert strong.breakdown > 1
    assert strong.fault(margin=1.0) is None
    panel = made_panel(units=60, periods=12, start=8, effect=2.5)
    weak = honest_bounds(event_study(panel, weights="units"), draws=999)
    assert 0 < weak.breakdown < 1
    verdict = judge(did(panel), placebo(did(panel), 999), margin=1.0, checks=[weak])
    assert verdict.reasons[0].key == "breaks_down"


def test_where_nothing_is_claimed_nothing_falls() -> None:
    """Without an effect and with a margin inside the noise there is no conclusion to lose."""
    check = honest_bounds(event_study(made_panel(units=60, periods=12, start=8), weights="units"), draws=999)
    assert check.breakdown == 0
    assert check.fault(margin=0.01) is None
    assert check.fault(margin=3.0) is not None


def test_the_breakdown_is_where_the_set_reaches_zero() -> None:
    """Just below it the set excludes zero, just above it does not."""
    falls = breakdown(profits(FIRST))
    assert relative_magnitudes(profits(FIRST), falls - 0.01).low > 0
    assert relative_magnitudes(profits(FIRST), falls + 0.01).low < 0


@pytest.mark.parametrize(("allowed", "low", "high"), PUBLISHED["magnitudes_first"])
def test_relative_magnitudes_of_the_published_example(allowed, low, high) -> None:
    """The sets are those of HonestDiD up to two steps of its grid of effects and its simulated critical value."""
    found = relative_magnitudes(profits(FIRST), allowed)
    assert found.low == pytest.approx(low, abs=2 * PUBLISHED["step"])
    assert found.high == pytest.approx(high, abs=2 * PUBLISHED["step"])


@pytest.mark.parametrize(("allowed", "low", "high"), PEER["average"])
def test_relative_magnitudes_of_a_mean_effect(allowed, low, high) -> None:
    """The vertices that can be written down give what a linear programme at every effect does, up to its grid."""
    found = relative_magnitudes(profits(MEAN), allowed)
    assert found.low == pytest.approx(low, abs=1.5 * PEER["step"])
    assert found.high == pytest.approx(high, abs=1.5 * PEER["step"])


def test_the_published_breakdown_lies_between_the_published_sets() -> None:
    """HonestDiD excludes zero at 1.56 times the largest change before, and no longer at 1.78."""
    assert 14 / 9 < breakdown(profits(FIRST)) < 16 / 9


@pytest.mark.parametrize(("target", "rows"), [(FIRST, "smooth_first"), (MEAN, "smooth_mean")])
def test_smoothness_of_the_published_example(target, rows) -> None:
    """The intervals are those of HonestDiD up to its simulated critical value and its printed digits."""
    for allowed, low, high in PUBLISHED[rows]:
        found = smoothness(profits(target), allowed)
        assert (found.low, found.high) == pytest.approx((low, high), rel=5e-3, abs=5e-4)


@pytest.mark.parametrize(("allowed", "low", "high"), PEER["smooth_first"])
def test_smoothness_is_never_wider_than_the_peer(allowed, low, high) -> None:
    """The interval is the shortest: not longer than the peer's, which searches a grid."""
    found = smoothness(profits(FIRST), allowed)
    assert found.high - found.low <= (high - low) * (1 + 1e-4)
    assert found.high - found.low == pytest.approx(high - low, rel=5e-3)


def test_the_shortest_interval_by_a_second_solver() -> None:
    """A search without gradients or split variables finds nothing shorter."""
    moments, allowed = noisy(3, 2), 0.2
    found = smoothness(moments, allowed)

    def half(free: np.ndarray) -> float:  # weights of the two earliest points; the last follows from the straight line
        weights = np.array([*free, 1.5 - 3 * free[0] - 2 * free[1]])
        whole = np.concatenate([weights, moments.target])
        bent = [3 * weights[0] + 2 * weights[1] + weights[2], 2 * weights[0] + weights[1], weights[0]]
        bias = allowed * (np.abs(bent).sum() + 0.5)
        sd = np.sqrt(whole @ moments.spread @ whole)
        return float(sd * critical(bias / sd, 0.95))

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000}
    other = minimize(half, np.zeros(2), method="Nelder-Mead", options=options)
    assert (found.high - found.low) / 2 == pytest.approx(other.fun, rel=1e-6)


def test_the_critical_value_is_a_quantile_of_a_folded_normal() -> None:
    """Within it lies 95 % of |N(t, 1)|."""
    for t in (0.0, 0.3, 1.0, 5.0, 40.0):
        reach = critical(t, 0.95)
        assert norm.cdf(reach - t) - norm.cdf(-reach - t) == pytest.approx(0.95)


@pytest.mark.parametrize("after", [1, 2, 5])
def test_the_identified_sets_by_linear_programmes(after) -> None:
    """The ends that are written down are those that a linear programme finds over all deviations allowed."""
    moments = noisy(4, after)
    steps = np.diff(np.insert(np.eye(4 + after), 4, 0.0, axis=0), axis=0)
    largest = np.abs(steps[:4] @ moments.values).max()
    bends = np.diff(steps, axis=0)
    sharp = 1.5 * np.abs(bends[:3] @ moments.values).max()
    for rows, limit, found in (
        (steps[4:], 0.8 * largest, relative_magnitudes(moments, 0.8).identified),
        (bends[3:], sharp, smoothness(moments, sharp).identified),
    ):
        known = moments.values[:4]
        upper = np.vstack([rows[:, 4:], -rows[:, 4:]])
        room = np.concatenate([limit - rows[:, :4] @ known, limit + rows[:, :4] @ known])
        ends = [linprog(sign * moments.target, upper, room, bounds=(None, None)).fun for sign in (1, -1)]
        assert found == pytest.approx((moments.effect + ends[1], moments.effect - ends[0]))


def test_the_test_of_one_effect_by_linear_programmes() -> None:
    """The largest vertex is the optimum of the programme of Andrews, Roth & Pakes, whatever the effect."""
    moments = noisy(3, 4)
    allowed = 0.7
    earlier, later = moments.changes
    case = cases(moments, allowed, 0.95)[0]
    rows = np.vstack([later - allowed * earlier[0], -later - allowed * earlier[0]])
    sd = np.sqrt(np.diag(rows @ moments.spread @ rows.T))
    for effect in (-3.0, 0.0, 1.7):
        # min eta over eta and effects with the given mean: rows (values - effects) <= eta sd
        upper = np.hstack([-sd[:, None], -rows[:, 3:]])
        equal = np.concatenate([[0.0], moments.target])[None, :]
        cost = np.array([1.0, 0, 0, 0, 0])
        lp = linprog(cost, upper, -rows @ moments.values, equal, [effect], bounds=(None, None))
        assert float((case.at_zero + case.slope * effect).max()) == pytest.approx(lp.fun)


@pytest.mark.parametrize("allowed", [0.0, 1.0])
def test_the_true_effect_is_covered(allowed) -> None:
    """On paths whose deviation is as bad as is allowed the effect is inside at least 95 % of the time."""
    moments, draws = noisy(4, 3), 200
    truth = np.array([0.5, -0.5, 0.5, -0.5, *(allowed * np.array([1.0, 2.0, 3.0]))])  # largest change before: 1
    paths = np.random.default_rng(2).multivariate_normal(truth, moments.spread / 25, draws)
    inside = 0
    for path in paths:
        seen = Moments(path, moments.spread / 25, moments.target)
        inside += int(accepted(np.array([0.0]), cases(seen, allowed, 0.95), 0.95)[0])
    assert inside / draws >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_more_allowed_is_never_a_smaller_set() -> None:
    """Sets grow with the multiple and with the bend."""
    check = honest_bounds(event_study(made_panel(units=60, periods=12, start=8), weights="units"), draws=999)
    for family in (check.magnitudes, check.bends):
        assert [each.high - each.low for each in family] == sorted(each.high - each.low for each in family)
    assert check.bends[2].identified is not None
    assert check.bends[1].identified is None


def test_scaling_and_mirroring_the_path_does_the_same_to_the_set() -> None:
    """A set in per mille is a thousand times that in shares; the set of the mirrored path is mirrored."""
    moments = profits(MEAN)
    turned = replace(moments, values=-1000 * moments.values, spread=1e6 * moments.spread)
    pairs = [
        (relative_magnitudes(moments, 1.0), relative_magnitudes(turned, 1.0)),
        (smoothness(moments, 0.05), smoothness(turned, 50.0)),
    ]
    for one, other in pairs:
        assert (other.low, other.high) == pytest.approx((-1000 * one.high, -1000 * one.low), rel=1e-3)


def test_points_with_fewer_treated_behind_them_are_left_out() -> None:
    """With starts two periods apart the first and last points do not hold every treated unit."""
    panel = made_panel(units=60, periods=14)
    start = np.where(panel.treated, np.array([6, 8, 8, *[14] * 57]), 14)
    check = honest_bounds(event_study(replace(panel, start=start), weights="units"), draws=199)
    assert check.since.tolist() == [-6, -5, -4, -3, -2, 0, 1, 2, 3, 4, 5]


def test_a_path_that_cannot_be_bounded_is_refused() -> None:
    """Another base, anticipation, or one point before the base leave nothing to compare deviations with."""
    panel = made_panel(units=40)
    with pytest.raises(BadDesign, match="base"):
        honest_bounds(event_study(panel, base="all"))
    with pytest.raises(BadDesign, match="anticipation"):
        honest_bounds(event_study(panel, anticipation=1))
    with pytest.raises(BadDesign, match="widen the window"):
        honest_bounds(event_study(panel, (3, 4), (5, 7)))


def test_moments_that_do_not_fit_are_refused() -> None:
    """A covariance of another size, a target of zeros and a negative deviation are named."""
    with pytest.raises(BadDesign, match="square covariance"):
        Moments(np.zeros(4), np.eye(3), np.ones(2))
    with pytest.raises(BadDesign, match="not all zero"):
        Moments(np.zeros(4), np.eye(4), np.zeros(2))
    with pytest.raises(BadDesign, match="zero or more"):
        relative_magnitudes(profits(FIRST), -1.0)


def test_more_points_than_placebo_paths_are_refused() -> None:
    """Twenty-four paths do not tell how 44 points vary together; that once ended in a matrix that is not definite."""
    with pytest.raises(BadDesign, match="24 placebo paths do not tell how 44 points vary together"):
        honest_bounds(event_study(made_panel(units=25, treated=1, periods=45, start=30)))
