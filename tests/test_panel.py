from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import made_panel

from frikommune import Panel
from frikommune.errors import BadData, BadDesign

FRAME = pd.DataFrame(
    {
        "state": ["b", "a", "b", "a", "c", "c"],
        "year": [2001, 2000, 2000, 2001, 2000, 2001],
        "rate": [4.0, 1.0, 3.0, 2.0, 5.0, 6.0],
        "first": [2001, None, 2001, None, None, None],
        "people": [10, 20, 30, 40, 50, 60],
    }
)


def panel_of(frame: pd.DataFrame, **more: Any) -> Panel:
    return Panel.from_frame(frame, unit="state", period="year", outcome="rate", start="first", **more)


def test_a_panel_is_the_frame_laid_out() -> None:
    """Units and periods are sorted, cells stand where they belong, and any units will do."""
    panel = panel_of(FRAME, n="people")
    assert panel.units == ("a", "b", "c")
    assert panel.periods == (2000, 2001)
    np.testing.assert_array_equal(panel.Y, [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(panel.n, [[20, 40], [30, 10], [50, 60]])
    np.testing.assert_array_equal(panel.start, [2, 1, 2])
    np.testing.assert_array_equal(panel.treated, [False, True, False])


def test_a_missing_row_is_a_missing_cell() -> None:
    """A unit and period that has no row is not zero and not dropped."""
    panel = panel_of(FRAME.iloc[1:])
    assert np.isnan(panel.Y[1, 1])
    assert "1 cells missing" in repr(panel)


def test_the_order_of_rows_and_names_of_units_do_nothing() -> None:
    """Shuffled rows give the same panel."""
    first, second = panel_of(FRAME), panel_of(FRAME.sample(frac=1, random_state=3))
    np.testing.assert_array_equal(first.Y, second.Y)
    np.testing.assert_array_equal(first.start, second.start)


def test_a_panel_does_not_change_and_does_not_freeze_what_it_was_made_of() -> None:
    """The arrays are the panel's own copies, and cannot be written to."""
    panel = made_panel()
    mine = np.array(panel.Y)
    again = panel.holding(mine)
    mine[0, 0] = 99.0
    assert again.Y[0, 0] == panel.Y[0, 0]
    with pytest.raises(ValueError, match="read-only"):
        panel.Y[0, 0] = 1.0


def test_until_forgets_what_came_after() -> None:
    """Before the trial nobody is treated, and later periods are gone."""
    before = made_panel().until(5)
    assert before.periods == (0, 1, 2, 3, 4)
    assert not before.treated.any()
    assert before.treating([0, 1], 3).start.tolist() == [3, 3, *[5] * 10]


def test_a_repr_shows_shape_and_no_values() -> None:
    """Printing a panel never prints a row."""
    assert repr(made_panel()) == "Panel of y: 12 units (3 treated) x 8 periods, 0 cells missing"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="rate"), "no column rate"),
        (lambda frame: pd.concat([frame, frame.iloc[:2]]), "2 rows repeat"),
        (lambda frame: frame.assign(rate=["x", *frame["rate"][1:]]), "1 values that are no finite number"),
        (lambda frame: frame.assign(rate=[np.inf, *frame["rate"][1:]]), "1 values that are no finite number"),
        (lambda frame: frame.assign(first=[2000, *frame["first"][1:]]), "1 units have more than one first"),
        (lambda frame: frame.assign(year=frame["year"].astype(str)), "first holds numbers, the periods are text"),
        (lambda frame: frame.assign(year=frame["year"].astype("category")), "year is categorical"),
        (lambda frame: frame.assign(state=[None, *frame["state"][1:]]), "state is empty in 1 rows"),
    ],
)
def test_a_frame_that_is_no_panel_is_refused(change, message: str) -> None:
    """Columns and counts are named, values never are."""
    with pytest.raises(BadData, match=message):
        panel_of(change(FRAME))


def test_arrays_that_do_not_fit_are_refused() -> None:
    """Shapes are checked once, when the panel is made."""
    panel = made_panel()
    with pytest.raises(BadDesign, match="shape"):
        panel.holding(panel.Y[:, 1:])
    with pytest.raises(BadDesign, match="below zero"):
        replace(panel, n=-panel.n)
    with pytest.raises(BadDesign, match="not in the panel"):
        panel.treating(["nobody"], 3)
