"""Group-time effects and their multiplier draws: what they are, and that they are the packages' numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import made_panel

from frikommune import Panel, did, group_time
from frikommune.errors import BadDesign, UnknownName

ORACLES = Path(__file__).parent / "oracles" / "group_time"


def of_persons() -> Panel:
    """Return the cells of the oracles' persons."""
    frame = pd.read_csv(ORACLES / "persons.csv")
    found = frame.groupby(["unit", "period", "first"])["y"].agg(["mean", "size"]).reset_index()
    return Panel.from_frame(
        found.assign(first=found["first"].where(found["first"] > 0)),
        unit="unit", period="period", outcome="mean", start="first", n="size",
    )  # fmt: skip


def small() -> Panel:
    """Return a treated unit of 1, 1, 4 and two comparisons of 10 and 30 persons."""
    values = {"a": [1.0, 1.0, 4.0], "b": [0.0, 1.0, 1.0], "c": [2.0, 1.0, 3.0]}
    people = {"a": 5, "b": 10, "c": 30}
    rows = [(unit, at, y, people[unit]) for unit, each in values.items() for at, y in enumerate(each)]
    frame = pd.DataFrame(rows, columns=["unit", "period", "y", "n"])
    frame["start"] = np.where(frame["unit"] == "a", 2.0, np.nan)
    return Panel.from_frame(frame, unit="unit", period="period", outcome="y", start="start", n="n")


def test_an_effect_is_a_change_less_that_of_the_comparison() -> None:
    """Persons are counted by default: the comparison changes by -0.5, then 1.5; units counted alike by 0, then 1."""
    np.testing.assert_allclose(group_time(small()).values, [[0.5, 1.5]])
    np.testing.assert_allclose(group_time(small(), weights="units").values, [[0.0, 2.0]])


def test_the_table_names_start_and_period() -> None:
    """A row an effect, with its error and a band that is symmetric about it."""
    found = group_time(of_persons()).frame
    assert found[["start", "period"]].to_numpy().tolist() == [[g, t] for g in (3, 5) for t in range(2, 7)]
    np.testing.assert_allclose(found["value"] - found["low"], found["high"] - found["value"])
    assert (found["high"] - found["value"] > 1.96 * found["error"]).all()


def test_effects_after_the_start_average_to_did() -> None:
    """With the last period before as base, `did` is the mean of the effects from the start on."""
    panel = made_panel()
    found = group_time(panel).values[0, 4:]
    assert did(panel, base="last").value == pytest.approx(found.mean())


@pytest.mark.parametrize("package", ["csdid", "diff_diff"])
def test_effects_are_those_of_the_packages(package: str) -> None:
    """From cells come the packages' effects from persons, to the last digits."""
    stored = json.loads((ORACLES / "effects.json").read_text(encoding="utf-8"))[package]
    found = group_time(of_persons()).frame
    assert found[["start", "period"]].to_numpy().tolist() == [each[:2] for each in stored]
    np.testing.assert_allclose(found["value"], [each[2] for each in stored], atol=1e-10)


def test_influence_is_that_of_the_packages() -> None:
    """Its root of summed squares is the standard deviation of diff-diff's draws by unit, up to the chance of these.

    Algorithm 1 takes the quartiles of the draws, as the R package does; with four or five units a group they lie
    wider than the deviation.
    """
    stored = json.loads((ORACLES / "effects.json").read_text(encoding="utf-8"))["diff_diff"]
    found = (group_time(of_persons()).influence ** 2).sum(axis=0).ravel() ** 0.5
    np.testing.assert_allclose(found, [each[3] for each in stored], rtol=0.01)


@pytest.mark.parametrize("multiplier", ["rademacher", "mammen"])
def test_draws_have_the_spread_of_the_influence(multiplier: str) -> None:
    """Where units are many the errors are the root of the summed squares of what each unit adds."""
    found = group_time(made_panel(units=200, treated=80), draws=20_000, multiplier=multiplier)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.errors, (found.influence**2).sum(axis=0) ** 0.5, rtol=0.06)
    np.testing.assert_allclose(found.influence.sum(axis=0), 0, atol=1e-12)


def test_adding_to_the_treated_adds() -> None:
    """Ten more after the start is ten more of effect after it, nothing before, and the same errors."""
    plain, more = group_time(made_panel()), group_time(made_panel(effect=10))
    np.testing.assert_allclose(more.values - plain.values, [[0] * 4 + [10] * 3], atol=1e-9)
    np.testing.assert_allclose(more.errors, plain.errors)


def test_a_group_of_one_unit_has_the_comparison_s_error_only() -> None:
    """A single treated unit shows no spread of its own: its influence on its own effect is zero."""
    found = group_time(made_panel(treated=1))
    np.testing.assert_allclose(found.influence[0], 0, atol=1e-12)
    assert (found.errors > 0).all()


@pytest.mark.parametrize(
    ("panel", "asked", "fault"),
    [
        (made_panel(treated=0), {}, "0 units are treated"),
        (made_panel(treated=12), {}, "0 never are"),
        (made_panel(start=0), {}, "3 units are treated from the first period on"),
        (made_panel(), {"draws": 50}, "at least 99"),
        (small().until(1), {}, "0 units are treated"),
    ],
)
def test_designs_without_an_answer_are_refused(panel: Panel, asked: dict[str, int], fault: str) -> None:
    """Each in a sentence that says what was found."""
    with pytest.raises(BadDesign, match=fault):
        group_time(panel, **asked)  # type: ignore[arg-type]


def test_missing_cells_and_persons_are_refused() -> None:
    """A hole is counted; persons that are not known cannot be weights."""
    frame = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [1.0, 2.0, 1.0, None], "s": [2.0, 2, None, None]})
    with pytest.raises(BadDesign, match="1 cells of the panel are missing"):
        group_time(Panel.from_frame(frame, unit="u", period="t", outcome="y", start="s"))
    whole = Panel.from_frame(frame.fillna({"y": 1.0}), unit="u", period="t", outcome="y", start="s")
    with pytest.raises(BadDesign, match="persons behind some cells"):
        group_time(whole)
    assert group_time(whole, weights="units").values.tolist() == [[1.0]]


def test_an_unknown_multiplier_is_named() -> None:
    """What there is, is said."""
    with pytest.raises(UnknownName, match="rademacher"):
        group_time(made_panel(), multiplier="webb")  # type: ignore[arg-type]
