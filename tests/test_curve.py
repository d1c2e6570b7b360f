from dataclasses import replace
from itertools import product
from time import process_time

import numpy as np
import pytest
from conftest import made_panel

from frikommune import Panel, did, infer, specification_curve
from frikommune.errors import BadDesign, UnknownName
from frikommune.municipalities import municipalities

PRE, POST = [(0, 4), (2, 4), (0, 3)], [(5, 7), (5, 6)]


def staggered(**how) -> Panel:
    panel = made_panel(units=30, **how)
    return replace(panel, start=np.array([5, 5, 6, *[8] * 27]))


def danish(*regions: int) -> Panel:
    """Make a panel of the 98 municipalities, some of which are treated: eleven of North Jutland by default."""
    codes = tuple(municipalities())
    treated = np.isin(
        codes, regions or [code for code in codes if municipalities()[code].region == municipalities()[851].region]
    )
    panel = made_panel(units=98, periods=10, start=6, seed=3)
    people = np.repeat([[float(municipalities()[code].population)] for code in codes], 10, axis=1)
    start = np.where(treated, 6, 10)
    return replace(panel, n=people, units=codes, start=start)


@pytest.mark.parametrize("panel", [made_panel(units=30, effect=2.0), staggered(effect=2.0), danish(), danish(851, 101)])
def test_every_specification_is_the_design_called_with_these_choices(panel) -> None:
    """The curve gives the value that `did` gives, and the p-value that `infer` gives for it: never a weaker placebo.

    Also where the treated lie together, so that contiguous sets and the shock of the region are asked, and where their
    sizes differ, so that placebos are scaled.
    """
    curve = specification_curve({"all": panel}, pre=PRE, post=POST, anticipation=[0, 1], draws=99)
    for each, value, p in zip(curve.specifications, curve.values, curve.p, strict=True):
        effect = did(panel, each.pre, each.post, weights=each.weights, base=each.base, anticipation=each.anticipation)
        assert value == pytest.approx(effect.value)
        assert p == pytest.approx(infer(effect, 99).p)


def test_every_choice_is_in_the_curve_once() -> None:
    """Combinations that come to the same contrast are counted, not repeated: the last period is one base for all."""
    curve = specification_curve({"all": made_panel(units=30)}, pre=[(0, 4), (2, 4)], post=POST, draws=99)
    assert len(curve.specifications) + curve.repeated == len(list(product(range(2), POST, range(2), range(2))))
    assert curve.repeated == 4
    assert len(set(curve.specifications)) == len(curve.specifications)


def test_an_effect_is_found_by_all_choices_and_none_without_one() -> None:
    """A large effect is significant everywhere; without an effect the choices lie on both sides of zero."""
    found = specification_curve({"all": made_panel(units=40, effect=10.0)}, pre=PRE, post=POST, draws=199)
    assert found.significant == 1
    assert found.median == pytest.approx(10, abs=1.5)
    assert found.fault(margin=1.0) is None


def test_choices_that_contradict_each_other_are_a_fault() -> None:
    """When one window shows a change beyond the margin and another the opposite, the choice makes the result."""
    panel = made_panel(units=40)
    values = panel.Y.copy()
    values[:3, 5] += 8
    values[:3, 6:] -= 8
    curve = specification_curve({"all": panel.holding(values)}, pre=[(0, 4)], post=[(5, 5), (6, 7)], draws=99)
    fault = curve.fault(margin=1.0)
    assert fault is not None
    assert fault.key == "choices_differ"
    assert curve.fault(margin=100.0) is None


def test_panels_stand_for_pools_horizons_and_gap_rules() -> None:
    """Each panel draws its placebos from its own comparison units, and the frame says which it is."""
    panel = made_panel(units=40)
    near = panel.take(np.arange(40) < 25)
    curve = specification_curve({"all": panel, "near": near}, pre=[(0, 4)], post=[(5, 7)], base=["all"], draws=999)
    frame = curve.frame()
    assert list(frame["panel"].value_counts()) == [2, 2]
    assert list(frame["value"]) == sorted(frame["value"])
    one = specification_curve({"near": near}, pre=[(0, 4)], post=[(5, 7)], base=["all"], draws=999)
    np.testing.assert_allclose(np.sort(frame.loc[frame["panel"] == "near", "p"]), np.sort(one.p))


def test_the_same_weeks_joined_by_another_rule_are_another_panel() -> None:
    """A gap rule or a horizon changes the cells: each panel is estimated on its own, and keeps its name."""
    panels = {"four weeks": made_panel(units=30), "five weeks": made_panel(units=30, effect=1.0, seed=2)}
    curve = specification_curve(panels, pre=[(0, 4)], post=[(5, 7)], weights=["units"], base=["all"], draws=99)
    found = dict(zip([each.panel for each in curve.specifications], curve.values, strict=True))
    assert found == pytest.approx({name: did(each, weights="units").value for name, each in panels.items()})


def test_units_with_a_missing_cell_are_left_out_of_all_specifications_and_counted() -> None:
    """A comparison unit that one window cannot use is in none; a treated unit that lacks a cell is refused."""
    panel = made_panel(units=30)
    values = panel.Y.copy()
    values[9, 0] = np.nan
    curve = specification_curve({"all": panel.holding(values)}, pre=PRE, post=POST, draws=99)
    assert curve.dropped == {"all": 1}
    without = specification_curve({"all": panel.take(np.arange(30) != 9)}, pre=PRE, post=POST, draws=99)
    np.testing.assert_allclose(curve.values, without.values)
    inside = specification_curve({"all": panel.holding(values)}, pre=[(2, 4)], post=POST, draws=99)
    assert inside.dropped == {"all": 0}
    values[1, 0] = np.nan
    with pytest.raises(BadDesign, match="1 treated units lack"):
        specification_curve({"all": panel.holding(values)}, pre=PRE, post=POST, draws=99)


def test_a_p_value_is_never_zero_and_scaling_changes_none() -> None:
    """The real assignment counts among the placebos; a change of unit changes no p-value."""
    panel = made_panel(units=40, effect=10.0)
    curve = specification_curve({"all": panel}, pre=PRE, post=POST, draws=99)
    assert curve.p.min() == 1 / 100
    scaled = specification_curve({"all": panel.holding(-1000 * panel.Y)}, pre=PRE, post=POST, draws=99)
    np.testing.assert_allclose(scaled.values, -1000 * curve.values)
    np.testing.assert_array_equal(scaled.p, curve.p)


def test_a_thousand_specifications_take_seconds() -> None:
    """1,000 specifications with 999 placebos each on 98 units and 96 periods."""
    panel = made_panel(units=98, treated=11, periods=96, start=60)
    began = process_time()
    curve = specification_curve(
        {str(size): panel.take(np.arange(98) < size) for size in (98, 90, 80, 70, 60)},
        pre=[(first, 59) for first in (0, 6, 12, 18, 24, 30, 36, 42, 48, 54)],
        post=[(60, last) for last in (65, 71, 77, 83, 95)],
        base=["all"],
        anticipation=[0, 3],
        draws=999,
    )
    assert len(curve.specifications) == 1000
    assert process_time() - began < 20  # 4 s alone on a machine; tests run beside others


def test_what_cannot_be_combined_is_refused() -> None:
    """Nothing to combine, other outcomes, unknown words and windows without a side are named."""
    panel = made_panel(units=30)
    with pytest.raises(BadDesign, match="at least one of each"):
        specification_curve({}, pre=PRE, post=POST)
    with pytest.raises(BadDesign, match="differ in the unit"):
        specification_curve({"a": panel, "b": replace(panel, measured_in="weeks")}, pre=PRE, post=POST)
    with pytest.raises(UnknownName):
        specification_curve({"a": panel}, pre=PRE, post=POST, weights=["persons"])  # type: ignore[list-item]
    with pytest.raises(BadDesign, match="observed periods before"):
        specification_curve({"a": panel}, pre=[(5, 7)], post=POST)
    with pytest.raises(BadDesign, match="number of persons"):
        specification_curve({"a": replace(panel, n=np.full(panel.n.shape, np.nan))}, pre=PRE, post=POST)
