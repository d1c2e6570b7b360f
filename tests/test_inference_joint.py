from dataclasses import replace

import numpy as np
import pytest
from conftest import made_panel, municipal_panel, sizeless

from frikommune import did, infer, placebo
from frikommune.errors import BadDesign
from frikommune.inference import family, per_use, step_down
from frikommune.municipalities import municipalities, network


def outcomes(effects: list[float], *, units: int = 24) -> dict[str, object]:
    """Return independent outcomes of the same three treated units."""
    return {
        f"outcome {at}": did(sizeless(made_panel(units=units, effect=effect, seed=at)), weights="units")
        for at, effect in enumerate(effects)
    }


def test_step_down_by_hand() -> None:
    """The largest against the largest of all, the next against the larger of the rest, never less than before."""
    placebos = np.array([[3.0, 0.5, 0.1], [1.0, 2.5, 0.2], [0.2, 0.3, 0.4], [0.1, 0.2, 1.5]])
    # Of 5 with the real one: >= 2 in any column: 2 placebos; >= 1 in columns 2 and 3: 2; >= 0.3 in column 3: 2.
    np.testing.assert_allclose(step_down(np.array([2.0, 1.0, 0.3]), placebos), [3 / 5, 3 / 5, 3 / 5])
    np.testing.assert_allclose(step_down(np.array([4.0, 1.0, 0.3]), placebos), [1 / 5, 3 / 5, 3 / 5])


def test_step_down_is_never_below_the_single_p_nor_above_the_one_step() -> None:
    """Adjusting cannot make an effect more certain, and stepping down cannot make it less than the largest of all."""
    found = family(outcomes([2.0, 0.5, 0.0, 0.0], units=60), 999)
    spread = np.sqrt((found.draws**2).mean(axis=0))
    largest = (np.abs(found.draws) / spread).max(axis=1)
    one_step = (1 + (largest >= (np.abs(found.values) / spread)[:, None] - 1e-9).sum(axis=1)) / (1 + len(largest))
    assert (found.adjusted >= found.p - 1e-12).all()
    assert (found.adjusted <= one_step + 1e-12).all()


def test_a_family_of_one_is_the_placebo_test() -> None:
    """With one outcome nothing is adjusted, and the interval is the placebo interval."""
    effect = did(sizeless(made_panel(units=24, effect=1.0)), weights="units")
    alone, single = family({"it": effect}), placebo(effect, pool="all")
    assert alone.pool == "all"
    assert alone.p[0] == alone.adjusted[0] == single.p
    np.testing.assert_allclose([alone.low[0], alone.high[0]], [single.low, single.high])


def test_the_same_outcome_twice_costs_nothing() -> None:
    """Placebos keep how outcomes move together: a copy adds no chance of a false alarm."""
    effect = did(made_panel(units=24, effect=1.0), weights="units")
    found = family({"once": effect, "again": effect})
    np.testing.assert_allclose(found.adjusted, placebo(effect, pool="all").p)


def test_the_family_is_printed() -> None:
    """Whoever reads an adjusted p-value sees what it was adjusted for."""
    shown = repr(family(outcomes([1.0, 0.0]), 99))
    assert "Family of 2 effects" in shown
    assert "outcome 0" in shown
    assert "outcome 1" in shown


def test_false_alarms_of_a_family_are_fewer_than_those_of_its_members() -> None:
    """Five outcomes without an effect: single tests raise an alarm in 23 % of families, adjusted ones in 5 to 8 %."""
    alarms = []
    for seed in range(80):
        made = {str(at): did(sizeless(made_panel(units=90, seed=5 * seed + at)), weights="units") for at in range(5)}
        found = family(made, 199)
        alarms.append([(found.adjusted <= 0.05).any(), (found.p <= 0.05).any()])
    adjusted, single = np.mean(alarms, axis=0)
    assert adjusted <= 0.14  # 8 % and two Monte-Carlo errors
    assert single >= adjusted + 0.05


@pytest.mark.slow
def test_families_of_few_units_keep_their_level() -> None:
    """Drawn from 18 comparisons alone 14 % of families without an effect raised an alarm; among all 21 it is 5 %."""
    alarms, held = [], []
    for seed in range(120):
        panels = [sizeless(made_panel(units=21, effect=3.0, seed=5 * seed + at)) for at in range(5)]
        found = family({str(at): did(each, weights="units") for at, each in enumerate(panels)}, 199)
        quiet = [each.holding(each.Y - 3.0 * (each.treated[:, None] & (np.arange(8) >= 5))) for each in panels]
        still = family({str(at): did(each, weights="units") for at, each in enumerate(quiet)}, 199)
        alarms.append((still.adjusted <= 0.05).any())
        held.append(((found.low <= 3.0) & (found.high >= 3.0)).all())
    assert np.mean(alarms) <= 0.09  # 5 % and two Monte-Carlo errors
    assert np.mean(held) >= 0.91


def test_a_family_of_one_asks_about_the_shock_of_provinces_as_infer_does() -> None:
    """Eleven neighbours, one outcome: p is the larger of the contiguous placebo's and the regional one's."""
    effect = did(municipal_panel(tuple(municipalities()), network(), shared=1.0, effect=1.2), weights="units")
    found = family({"it": effect}, 999)
    asked = {each.method: each for each in infer(effect, 999).parts}
    assert found.p[0] == pytest.approx(max(asked["contiguous"].p, asked["regional"].p))
    assert found.regional[0] == asked["regional"].p > asked["contiguous"].p
    assert found.adjusted[0] == pytest.approx(found.p[0], abs=0.001)
    assert found.high[0] >= asked["regional"].high - 0.02 * asked["regional"].sd
    assert "and the shock of provinces" in repr(found)


@pytest.mark.slow
def test_families_keep_their_level_where_provinces_share_shocks() -> None:
    """Three outcomes of eleven neighbours, nothing happening: placebos alone raised an alarm in two families of ten."""
    alarms = []
    for seed in range(100):
        panels = [
            municipal_panel(tuple(municipalities()), network(), shared=1.0, seed=3 * seed + at) for at in range(3)
        ]
        found = family({str(at): did(each, weights="units") for at, each in enumerate(panels)}, 199)
        spread = np.sqrt((found.draws**2).mean(axis=0))
        alone = step_down(np.abs(found.values) / spread, np.abs(found.draws) / spread)
        alarms.append([(found.adjusted <= 0.05).any(), (alone <= 0.05).any()])
    counted, alone = np.mean(alarms, axis=0)
    assert counted <= 0.09  # 5 % and two Monte-Carlo errors
    assert alone >= counted + 0.05


def test_a_path_holds_all_its_periods_at_once() -> None:
    """Simultaneous intervals are wider than those of single periods, each period about its own effect."""
    panel = municipal_panel(tuple(municipalities()), network(), effect=3.0)
    path = {str(at): did(panel, post=(at, at), weights="units") for at in (5, 6, 7)}
    found = family(path, 999)
    single = [placebo(each, 999, scheme="contiguous") for each in path.values()]
    assert found.scheme == "contiguous"
    assert ((found.low < found.values) & (found.values < found.high)).all()
    assert sum(found.high - found.low) > sum(each.high - each.low for each in single)


def test_panels_of_different_periods_and_units_are_put_together() -> None:
    """Outcomes may be measured in other periods, and units that one of them lacks are left out of all."""
    panel = made_panel(units=20)
    holes = panel.Y.copy()
    holes[5, 2] = np.nan
    shorter = replace(panel.holding(holes), start=panel.start)
    found = family({"one": did(panel), "other": did(shorter)})
    assert len(found.draws) == 968  # three of the 19 that both know, less the real three


def test_effect_per_use_is_the_ratio_with_a_fieller_interval() -> None:
    """Where everybody of the treated uses the waiver the ratio and its interval are those of the effect."""
    panel = made_panel(units=24, effect=2.0)
    used = np.zeros(panel.Y.shape)
    used[:3, 5:] = 1.0
    effect, uptake = did(panel), did(panel.holding(used))
    ratio, single = per_use(effect, uptake), placebo(effect)
    assert (ratio.low, ratio.high, ratio.p) == pytest.approx((single.low, single.high, single.p))
    half = per_use(effect, did(panel.holding(used / 2)))
    assert (half.low, half.high) == pytest.approx((2 * single.low, 2 * single.high))


def test_uptake_that_cannot_be_told_from_none_gives_no_interval() -> None:
    """When comparisons' uptake moves as much as that of the treated, any effect per use is possible."""
    panel, noise = made_panel(units=24, effect=0.5), made_panel(units=24, seed=4)
    found = per_use(did(panel), did(noise))
    assert not np.isfinite([found.low, found.high]).all()
    assert found.smallest_detectable == np.inf


def test_what_is_no_family_is_refused() -> None:
    """No effects, other treated units, no change in uptake, an effect that never varies."""
    panel = made_panel(units=24)
    with pytest.raises(BadDesign, match="at least one"):
        family({})
    with pytest.raises(BadDesign, match="one trial"):
        family({"one": did(panel), "other": did(panel.treating([4, 5], 5))})
    with pytest.raises(BadDesign, match="did not change"):
        per_use(did(panel), did(panel.holding(np.zeros(panel.Y.shape))))
    with pytest.raises(BadDesign, match="never vary"):
        family({"flat": did(panel.holding(np.zeros(panel.Y.shape)))})
