import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import made_panel
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, nnls

from frikommune import Panel, did, gaps, placebo, sdid, synth
from frikommune.compare.simplex import optimality_gap
from frikommune.errors import BadDesign

ORACLES = Path(__file__).parent / "oracles"
STAGGERED = np.array([3, 5, 6, *[8] * 9])


def mixed(effect: float = 0.0) -> Panel:
    """Make a panel whose first unit is six tenths of the second and four of the third, and then rises."""
    panel = made_panel(treated=1)
    values = panel.Y.copy()
    values[0] = 0.6 * values[1] + 0.4 * values[2]
    values[0, 5:] += effect
    return panel.holding(values)


def of_unit(effect, after: int = -1) -> np.ndarray:
    """Return what each comparison unit counts for."""
    column = effect.weights[:, after]
    return -column[~effect.panel.treated] / column[effect.panel.treated].sum()


def test_a_mix_that_is_there_is_found() -> None:
    """Where the treated is a mix of two others the weights are that mix, and the effect is whole."""
    effect = synth(mixed(effect=4.0))
    np.testing.assert_allclose(of_unit(effect)[:3], [0.6, 0.4, 0.0], atol=1e-7)
    assert effect.value == pytest.approx(4.0, abs=1e-7)
    np.testing.assert_allclose(gaps(effect), [0] * 5 + [4] * 3, atol=1e-7)


def test_sdid_allows_the_treated_to_lie_above_all_others() -> None:
    """A constant apart is no misfit for synthetic did; a synthetic control takes it for an effect."""
    panel = mixed(effect=4.0)
    lifted = panel.holding(panel.Y + 100 * (np.arange(12) == 0)[:, None])
    assert sdid(lifted).value == pytest.approx(sdid(panel).value)
    assert synth(lifted).value > 90


@pytest.mark.parametrize("design", [synth, sdid])
@pytest.mark.parametrize("start", [np.array([5, 5, 5, *[8] * 9]), STAGGERED])
def test_an_estimate_is_the_sum_of_its_weights_times_the_outcome(design, start) -> None:
    """Several starts or one: the weights make the value, and the treated after sum to one."""
    effect = design(replace(made_panel(), start=start))
    assert effect.value == pytest.approx(float((effect.weights * effect.panel.Y).sum()))
    size = np.array([8 - when for when in start[:3]])
    assert effect.value == pytest.approx(float(effect.by_unit @ size / size.sum()))
    after = np.arange(8) >= start[:, None]
    assert effect.weights[after & effect.panel.treated[:, None]].sum() == pytest.approx(1)


@pytest.mark.parametrize("design", [synth, sdid])
@pytest.mark.parametrize("starts", [np.array([5, 5]), np.array([4, 6])])
def test_a_replay_is_the_design_called_again(design, starts) -> None:
    """Replaying an assignment gives what the design gives on a panel with that assignment, staggered or not."""
    panel = made_panel()
    effect = design(panel)
    units = np.array([[4, 7], [1, 2], [11, 0]])
    replayed = effect.design.replay(panel, units, starts)
    for at in range(3):
        start = np.full(12, 8)
        start[units[at]] = starts
        assert replayed[at] == pytest.approx(effect.design(replace(panel, start=start)).value, abs=1e-8)


def test_placebos_of_a_synthetic_comparison_need_nothing_of_their_own() -> None:
    """Inference by placebo works on it as on any design; eleven comparisons give p = 1/12 at best."""
    how = placebo(sdid(mixed(effect=50.0)), draws=99)
    assert how.enumerated
    assert how.p == pytest.approx(1 / 12)


def test_a_window_chooses_the_periods() -> None:
    """Only the periods asked for count, ends included."""
    effect = synth(made_panel(), (1, 3), (6, 7))
    assert np.flatnonzero((effect.weights != 0).any(axis=0)).tolist() == [6, 7]
    effect = sdid(made_panel(), (1, 4), (6, 7))
    assert set(np.flatnonzero((effect.weights != 0).any(axis=0)).tolist()) <= {1, 2, 3, 4, 6, 7}


def test_a_comparison_with_a_hole_is_left_out_and_named() -> None:
    """Every period is fitted, so a unit that lacks one cannot be a donor."""
    panel = made_panel()
    holes = panel.Y.copy()
    holes[[5, 7], [1, 6]] = np.nan
    for design in (synth, sdid):
        assert design(panel.holding(holes)).dropped == (5, 7)


def texas(causaldata) -> tuple[pd.DataFrame, Panel]:
    frame = causaldata.texas.load_pandas().data
    frame = frame.assign(start=np.where(frame["state"] == "Texas", 1994.0, np.nan))
    return frame, Panel.from_frame(frame, unit="state", period="year", outcome="bmprison", start="start")


def test_texas_prisons_give_the_published_weights() -> None:
    """California .408, Illinois .360, Louisiana .122, Florida .109, and the gap that Stata's synth makes of these.

    Cunningham, Causal Inference: The Mixtape, chapter 10, as a public replication of its Stata recipe prints them: so
    are the gap, 23,073.698 on the mean of 1994 to 2000, and both were read there and not in the book.
    """
    frame, panel = texas(pytest.importorskip("causaldata"))
    by_year = {name: frame.pivot_table(index="state", columns="year", values=name) for name in frame.columns[2:11]}
    single = {
        "bmprison": (1990, 1992, 1991, 1988), "alcohol": (1990,), "aidscapita": (1990, 1991),
        "black": (1990, 1991, 1992), "perc1519": (1990,),
    }  # fmt: skip
    columns = {f"{name}{year}": by_year[name][year] for name, years in single.items() for year in years}
    columns |= {name: by_year[name].loc[:, 1985:1992].mean(axis=1) for name in ("income", "ur", "poverty")}
    effect = synth(panel, predictors=pd.DataFrame(columns))
    weights = {
        state: round(weight, 3) for state, weight in zip(panel.units[:], donors(effect), strict=True) if weight > 5e-4
    }
    assert weights == {"California": 0.408, "Florida": 0.109, "Illinois": 0.360, "Louisiana": 0.122}
    rounded = np.array([weights.get(state, 0.0) for state in panel.units])
    after = np.array(panel.periods) >= 1994
    gap = (panel.Y[panel.treated][0] - rounded @ panel.Y)[after].mean()
    assert gap == pytest.approx(23073.7, abs=0.1)
    assert effect.value == pytest.approx(gap, rel=0.005)


def donors(effect) -> np.ndarray:
    """Return what each unit counts for in the comparison, the treated nothing."""
    counts = -effect.weights[:, -1] * (~effect.panel.treated)
    return counts / counts.sum()


def nearest(paths: np.ndarray, ridge: float) -> np.ndarray:
    """Return the mix of paths nearest to zero by a second solver: non-negative least squares, made to sum to one."""
    size = float(np.abs(paths).mean())
    rows = np.vstack([paths.T, np.sqrt(ridge) * np.eye(len(paths)), np.full(len(paths), size)])
    found = nnls(rows, np.append(np.zeros(len(rows) - 1), size), maxiter=10_000)[0]
    return found / found.sum()


def test_texas_by_outcomes_agrees_with_pysyncon() -> None:
    """Early stops of pysyncon leave weights within 2e-4 of the same ones, and squares 2e-6 above the minimum.

    The optimum is ours: its squares are smaller, and a second solver, whose conditions (KKT) are exact, finds it too.
    """
    _, panel = texas(pytest.importorskip("causaldata"))
    held = json.loads((ORACLES / "synth" / "texas.json").read_text())
    effect = synth(panel)
    theirs = np.array([held["pysyncon_weights"].get(state, 0.0) for state in panel.units])
    np.testing.assert_allclose(donors(effect), theirs, rtol=0, atol=2e-4)
    before = np.array(panel.periods) < 1994
    assert (gaps(effect)[before] ** 2).sum() < held["pysyncon_squares"] < (gaps(effect)[before] ** 2).sum() * (1 + 2e-6)
    paths = (panel.Y[~panel.treated] - panel.Y[panel.treated])[:, before]
    np.testing.assert_allclose(of_unit(effect), nearest(paths, 0.0), atol=1e-6)


def test_texas_by_synthetic_did_agrees_with_diff_diff() -> None:
    """diff-diff stops where a step gains too little: its effect is within 4e-6 of ours, its objective 1e-8 above.

    The optimum is ours: the objective is smaller, no mix is better by more than the duality gap, and a second solver,
    whose conditions (KKT) are exact, finds the same weights.
    """
    _, panel = texas(pytest.importorskip("causaldata"))
    held = json.loads((ORACLES / "sdid" / "texas.json").read_text())
    effect = sdid(panel)
    assert effect.value == pytest.approx(held["att"], rel=1e-5)
    before = np.array(panel.periods) < 1994
    paths = panel.Y[:, before]
    apart = (paths - paths.mean(axis=1, keepdims=True))[~panel.treated] - (
        paths[panel.treated] - paths[panel.treated].mean()
    )
    gram = apart @ apart.T + before.sum() * held["zeta_omega"] ** 2 * np.eye(50)
    theirs = np.array([held["unit_weights"][state] for state in panel.units if state != "Texas"])
    ours = of_unit(effect)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert ours @ gram @ ours <= theirs @ gram @ theirs <= ours @ gram @ ours * (1 + 2e-8)
    np.testing.assert_allclose(ours, nearest(apart, before.sum() * held["zeta_omega"] ** 2), atol=1e-8)
    assert optimality_gap(gram, ours) <= 1e-9 * np.trace(gram)


def test_the_ridge_is_that_of_the_paper() -> None:
    """Algorithm 1 by hand: unit weights against a general solver, effect the weighted double difference (eq. 1).

    Sigma is the standard deviation of the comparison units' first differences, zeta (3 x 8)^(1/4) of it.
    """
    panel = made_panel(units=30, periods=24, start=16)
    effect = sdid(panel)
    before, never, treated = panel.Y[:, :16], ~panel.treated, panel.treated
    zeta = (3 * 8) ** 0.25 * np.diff(before[never]).std(ddof=1)

    def missed(omega: np.ndarray) -> float:
        apart = omega @ before[never] - before[treated].mean(axis=0)
        return ((apart - apart.mean()) ** 2).sum() + zeta**2 * 16 * (omega**2).sum()

    sums = {"type": "eq", "fun": lambda omega: omega.sum() - 1}
    even = np.full(27, 1 / 27)
    solved = minimize(missed, even, bounds=[(0, 1)] * 27, constraints=sums, options={"ftol": 1e-14, "maxiter": 500}).x
    np.testing.assert_allclose(of_unit(effect), solved, atol=1e-5)
    assert missed(of_unit(effect)) <= missed(solved) + 1e-9
    periods = -effect.weights[:, :16][treated].sum(axis=0)
    assert periods.sum() == pytest.approx(1)
    change = panel.Y[:, 16:].mean(axis=1) - before @ periods
    assert effect.value == pytest.approx(change[treated].mean() - of_unit(effect) @ change[never])


def test_sdid_with_nothing_to_choose_is_difference_in_differences() -> None:
    """Where all comparisons move alike before, they count alike: did is left, up to the time weights."""
    panel = made_panel(treated=1)
    flat = panel.Y.copy()
    flat[:, :5] = np.arange(12)[:, None] + np.arange(5)
    effect = sdid(panel.holding(flat))
    np.testing.assert_allclose(of_unit(effect), 1 / 11, atol=1e-6)
    changes = flat[:, 5:].mean(axis=1) - flat[:, :5] @ -(effect.weights[0, :5])
    assert effect.value == pytest.approx(changes[0] - changes[1:].mean(), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(trend=st.lists(st.floats(-100, 100), min_size=8, max_size=8), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_shared_trends_scale_and_order_do_as_they_should(trend, scale, seed) -> None:
    """A trend that all share is no effect, scale scales, order and labels are nothing; for sdid levels are nothing."""
    panel = replace(made_panel(seed=seed), start=STAGGERED)
    order = np.random.default_rng(seed).permutation(12)
    moved = panel.holding(scale * panel.Y + np.array(trend)).take(order)
    assert synth(moved).value == pytest.approx(scale * synth(panel).value, abs=1e-4)
    levels = panel.holding(panel.Y + 9.0 * np.arange(12)[:, None])
    assert sdid(levels).value == pytest.approx(sdid(panel).value, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_scaling_and_order_of_sdid(scale, seed) -> None:
    """The ridge grows with the outcome, so scale scales exactly; order is nothing."""
    panel = replace(made_panel(seed=seed), start=STAGGERED)
    moved = panel.holding(scale * panel.Y).take(np.random.default_rng(seed).permutation(12))
    assert sdid(moved).value == pytest.approx(scale * sdid(panel).value, abs=1e-4)


@pytest.mark.parametrize("design", [synth, sdid])
def test_adding_ten_to_the_treated_adds_ten(design) -> None:
    """The weights know nothing of what comes after the start in the treated, so an effect comes out whole."""
    assert design(made_panel(effect=10.0)).value - design(made_panel()).value == pytest.approx(10, abs=1e-9)


def test_units_that_follow_a_factor_mislead_did_and_not_sdid() -> None:
    """With a factor that the treated feel more than the rest did is biased; synthetic did finds those who feel it so.

    Parallel trends fail here, which is what did assumes; fitted weights assume only that some units share the factor.
    """
    rng = np.random.default_rng(1)
    found = []
    for _ in range(60):
        loading = rng.uniform(0, 2, size=(60, 1))
        loading[:3] = 1.6
        factor = np.arange(24) * 0.3 + rng.normal(size=24) * 0.3
        values = loading * factor + rng.normal(size=(60, 24)) * 0.5
        start = np.where(np.arange(60) < 3, 16, 24)
        empty = np.full(values.shape, np.nan)
        panel = Panel(values, empty, empty, tuple(range(60)), tuple(range(24)), start)
        found.append((did(panel, weights="units").value, sdid(panel).value))
    bias, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(60)
    assert bias[0] > 1.5
    assert abs(bias[1]) < 0.25 * bias[0]
    assert bias[0] > 10 * error[0]


def test_comparisons_that_cannot_be_made_are_refused() -> None:
    """A treated unit with a hole, one period before, no donor left, or a predictor that is missing or says nothing."""
    panel = made_panel()
    holes = panel.Y.copy()
    holes[0, 2] = np.nan
    with pytest.raises(BadDesign, match="1 treated units lack a cell"):
        synth(panel.holding(holes))
    holes = panel.Y.copy()
    holes[3:, 2] = np.nan
    with pytest.raises(BadDesign, match="No comparison unit"):
        sdid(panel.holding(holes))
    with pytest.raises(BadDesign, match="at least two"):
        sdid(panel, (4, 4), (5, 7))
    with pytest.raises(BadDesign, match="lack 2 units"):
        synth(panel, predictors=pd.DataFrame({"a": np.arange(10.0)}, index=range(10)))
    with pytest.raises(BadDesign, match="predictor a is missing"):
        synth(panel, predictors=pd.DataFrame({"a": np.ones(12)}, index=range(12)))
