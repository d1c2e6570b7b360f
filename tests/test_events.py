import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import made_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from frikommune import Panel, did, event_study, two_way
from frikommune.errors import BadDesign, UnknownName

ORACLES = Path(__file__).parent / "oracles" / "did"
STAGGERED = np.array([3, 5, 6, *[8] * 9])


def test_a_path_can_be_worked_out_by_hand() -> None:
    """Each point is the treated less the comparisons, both since the last period before the start."""
    panel = made_panel(effect=3.0)
    path = event_study(panel, weights="units")
    apart = panel.Y[:3].mean(axis=0) - panel.Y[3:].mean(axis=0)
    assert path.since.tolist() == [-5, -4, -3, -2, 0, 1, 2]
    np.testing.assert_allclose(path.values, np.delete(apart - apart[4], 4))


@pytest.mark.parametrize("base", ["all", "last"])
@pytest.mark.parametrize("weights", ["people", "units"])
def test_the_mean_after_the_start_is_the_effect(base, weights) -> None:
    """With one start the points after it average to the difference-in-differences with the same base."""
    panel = made_panel(effect=3.0)
    path = event_study(panel, weights=weights, base=base)
    assert path.values[path.since >= 0].mean() == pytest.approx(did(panel, weights=weights, base=base).value)


def test_every_point_is_the_sum_of_its_weights_times_the_outcome() -> None:
    """Points are estimates like any other, also where only some of the treated have come so far."""
    path = event_study(replace(made_panel(), start=STAGGERED))
    for point in path.points:
        assert point.value == pytest.approx(float((point.weights * path.panel.Y).sum()))
    assert dict(zip(path.since.tolist(), path.treated.tolist(), strict=True))[4] == 1
    assert path.treated.max() == 3


def test_anticipation_moves_the_base_and_leaves_the_periods_visible() -> None:
    """With one period of anticipation the base is the period before it, and what was anticipated is shown."""
    panel = made_panel()
    path = event_study(panel, weights="units", anticipation=1)
    apart = panel.Y[:3].mean(axis=0) - panel.Y[3:].mean(axis=0)
    assert path.since.tolist() == [-5, -4, -3, -1, 0, 1, 2]
    np.testing.assert_allclose(path.values, np.delete(apart - apart[3], 3))


@pytest.mark.parametrize("weights", ["people", "units"])
def test_a_treated_unit_without_a_cell_is_left_out_of_that_point_only(weights) -> None:
    """In a register of single quarters Læsø has nobody in some: the whole path was refused, "0 periods after".

    A point that unit 0 lacks is that of the other two; one that lacks its base is measured from the period before it.
    """
    panel = made_panel(effect=3.0)
    holes = panel.Y.copy()
    holes[0, [1, 6]] = np.nan
    path = event_study(panel.holding(holes), weights=weights)
    others = event_study(panel.take(np.arange(12) > 0), weights=weights)
    assert dict(zip(path.since.tolist(), path.treated.tolist(), strict=True)) == {
        -5: 3, -4: 2, -3: 3, -2: 3, 0: 3, 1: 2, 2: 3,
    }  # fmt: skip
    lacking = np.isin(path.since, [-4, 1])
    np.testing.assert_allclose(path.values[lacking], others.values[lacking])
    np.testing.assert_allclose(path.values[~lacking], event_study(panel, weights=weights).values[~lacking])
    holes[0, 4] = np.nan
    moved = event_study(panel.holding(holes), weights=weights)
    point = moved.points[moved.since.tolist().index(0)]
    apart = panel.Y - panel.Y[3:].mean(axis=0) if weights == "units" else panel.Y - panel.n[3:, 0] @ panel.Y[3:] / 720
    assert point.by_unit[0] == pytest.approx(apart[0, 5] - apart[0, 3])
    assert np.isfinite(moved.values).all()


@pytest.mark.parametrize("start", [np.array([5, 5, 5, *[8] * 9]), STAGGERED])
@pytest.mark.parametrize("weights", ["people", "units"])
def test_a_replayed_path_is_the_path_of_that_assignment(start, weights) -> None:
    """Replaying gives what the design gives on a panel with that assignment, staggered or not."""
    panel = replace(made_panel(), start=start)
    path = event_study(panel, weights=weights)
    units, starts = np.array([[4, 7, 9], [1, 2, 0], [11, 0, 5]]), start[:3]
    replayed = path.design.replay(panel, path.since, units, starts, behind=path.behind)
    for at in range(3):
        other = np.full(12, 8)
        other[units[at]] = starts
        np.testing.assert_allclose(replayed[at], path.design(replace(panel, start=other)).values)


def castle(causaldata, n: str | None = None) -> Panel:
    frame = causaldata.castle.load_pandas().data
    first = frame[frame["post"] > 0].groupby("sid")["year"].min()
    frame = frame.assign(log=np.log(frame["homicide"]), first=frame["sid"].map(first))
    return Panel.from_frame(frame, unit="sid", period="year", outcome="log", start="first", n=n)


def test_castle_doctrine_agrees_with_csdid_and_diff_diff() -> None:
    """Overall by group and point by point csdid agrees on 50 states and five starts, and so does diff-diff.

    Both are given the logarithm in double precision; in the file's single precision diff-diff differed by 2e-8.
    """
    panel = castle(pytest.importorskip("causaldata"))
    held = json.loads((ORACLES / "castle.json").read_text())
    assert did(panel, weights="units", base="last").value == pytest.approx(held["csdid_group"], abs=1e-10)
    path = event_study(panel, weights="units")
    for since, value in zip(path.since.tolist(), path.values, strict=True):
        assert value == pytest.approx(held["csdid_path"][str(since)], abs=1e-10)
        assert value == pytest.approx(held["diff_diff_path"][str(since)], abs=1e-10)


def test_castle_doctrine_gives_the_published_fixed_effects() -> None:
    """The Mixtape, chapter 9, table 9.8: 0.069 by two-way fixed effects, as the book's public code draws it too.

    That 0.899 of it is 0.078 against never-treated states is not held against print: it is recomputed, here and by
    diff-diff's decomposition.
    Two-way fixed effects weigh each start by the variance of its treatment (Goodman-Bacon 2021, equation 10a); the
    contrasts themselves are those of did with every year before as base. The rest compares states treated later with
    states treated earlier, as did never does.
    """
    panel = castle(pytest.importorskip("causaldata"))
    held = json.loads((ORACLES / "castle.json").read_text())
    alike = two_way(replace(panel, n=np.ones(panel.Y.shape)))
    assert round(alike.coefficients[0], 3) == 0.069
    assert alike.coefficients[0] == pytest.approx(held["pyfixest_twfe"], abs=1e-8)
    assert alike.errors[0] == pytest.approx(held["pyfixest_twfe_se"], rel=1e-8)
    starts, never = panel.start[panel.treated], ~panel.treated
    by_unit, size = did(panel, weights="units").by_unit, len(panel.units)
    weights, effects = [], []
    for start in np.unique(starts):
        treated, after = (starts == start).sum(), 1 - start / len(panel.periods)
        weights.append(treated * never.sum() / size**2 * after * (1 - after))
        effects.append(by_unit[starts == start].mean())
    on = np.arange(len(panel.periods)) >= panel.start[:, None]
    left = on - on.mean(axis=1, keepdims=True) - on.mean(axis=0) + on.mean()
    share, against_never = sum(weights) / (left**2).mean(), float(np.average(effects, weights=weights))
    assert (round(share, 3), round(against_never, 3)) == (0.899, 0.078)
    assert [share, against_never] == pytest.approx(held["diff_diff_bacon"], abs=1e-8)


def test_castle_doctrine_by_population_agrees_with_pyfixest() -> None:
    """Two-way fixed effects weighted by the people of each state and year are pyfixest's."""
    panel = castle(pytest.importorskip("causaldata"), n="popwt")
    held = json.loads((ORACLES / "castle.json").read_text())
    assert two_way(panel).coefficients[0] == pytest.approx(held["pyfixest_twfe_people"], abs=1e-8)


def test_organ_donation_agrees_with_the_book_and_with_fixed_effects() -> None:
    """The Effect, chapter 18: active choice lowers donation rates by 2.2 points; pyfixest gives the path.

    The book itself could not be read: -0.022 is what one public replication of its table gives, and what pyfixest does.
    """
    frame = pytest.importorskip("causaldata").organ_donations.load_pandas().data
    frame = frame.assign(start=np.where(frame["State"] == "California", 4.0, np.nan))
    panel = Panel.from_frame(frame, unit="State", period="Quarter_Num", outcome="Rate", start="start")
    held = json.loads((ORACLES / "organs.json").read_text())
    assert round(did(panel, weights="units").value, 3) == -0.022
    assert did(panel, weights="units").value == pytest.approx(held["pyfixest_twfe"], abs=1e-12)
    np.testing.assert_allclose(event_study(panel, weights="units").values, held["pyfixest_path"], atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(trend=st.lists(st.floats(-1e3, 1e3), min_size=8, max_size=8), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_shared_trends_levels_scale_and_order_do_as_they_should(trend, scale, seed) -> None:
    """What all share, and what a unit always has, is no effect; scale scales; order is nothing."""
    panel = replace(made_panel(seed=seed), start=STAGGERED)
    values = event_study(panel).values
    moved = panel.holding(scale * panel.Y + np.array(trend) + 50 * np.arange(12)[:, None])
    mixed = moved.take(np.random.default_rng(seed).permutation(12))
    np.testing.assert_allclose(event_study(mixed).values, scale * values, atol=1e-9 * (1 + max(map(abs, trend))))


def test_an_added_effect_appears_where_it_was_added() -> None:
    """Ten more in the treated from the start on moves each point after by ten, and none before."""
    panel = made_panel()
    moved = event_study(made_panel(effect=10.0)).values - event_study(panel).values
    np.testing.assert_allclose(moved, np.where(event_study(panel).since >= 0, 10.0, 0.0), atol=1e-9)


def test_a_path_that_cannot_be_made_is_refused() -> None:
    """No base, nobody treated, a word that is no option, or less than no anticipation."""
    panel = made_panel()
    with pytest.raises(BadDesign, match="0 observed periods before"):
        event_study(panel, anticipation=5)
    with pytest.raises(BadDesign, match="treated"):
        event_study(replace(panel, start=np.full(12, 8)))
    with pytest.raises(BadDesign, match="zero or more"):
        event_study(panel, anticipation=-1)
    with pytest.raises(UnknownName):
        event_study(panel, base="first")


def test_starts_that_differ_are_not_mixed_over_a_period_that_is_left_out() -> None:
    """One step after a start would be a year in one unit and two in another; a row without an outcome mends it."""
    panel = replace(made_panel(), start=STAGGERED)
    years = tuple(2010 + at + (at > 5) for at in range(8))
    with pytest.raises(BadDesign, match="2017 follows 2015"):
        event_study(replace(panel, periods=years))
    assert event_study(replace(panel, periods=tuple(f"2017M{at + 1:02d}" for at in range(8)))).points
    assert event_study(replace(made_panel(), periods=years)).points
