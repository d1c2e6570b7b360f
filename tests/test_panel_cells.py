"""Cells become panels: means, spreads, starts, standardised mixes and differences of groups."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from frikommune import Cells, cells, did, difference, panel_of, standardised, starts_of, trial
from frikommune.cells import Counted
from frikommune.errors import BadData, BadDesign, UnknownName

ORACLES = Path(__file__).parent / "oracles" / "casemix"


def register(seed: int = 1, persons: int = 4000) -> pd.DataFrame:
    """Make persons of six units, four quarters, two groups and three strata."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "unit": rng.integers(0, 6, persons),
            "quarter": rng.choice(["2019Q1", "2019Q2", "2019Q3", "2019Q4"], persons),
            "y": rng.normal(size=persons),
            "group": rng.choice(["other", "target"], persons),
            "sex": rng.choice(["f", "m"], persons, p=[0.3, 0.7]),
            "age": rng.choice(["old", "young"], persons),
        }
    )


def counted(folder: Path, frame: pd.DataFrame, **more: Any) -> Cells:
    frame.to_parquet(folder / "register.parquet", index=False)
    return cells(folder / "register.parquet", outcomes={"y": "y"}, period="quarter", unit="unit", **more)


def made(rows: list[tuple[Any, ...]], strata: tuple[str, ...] = ("age",)) -> Cells:
    """Make cells by hand: unit, period, strata, n, sum."""
    frame = pd.DataFrame(rows, columns=["unit", "period", *strata, "n:y", "sum:y"])
    n, total = frame["n:y"], frame["sum:y"]
    frame = frame.assign(**{"rows": n, "m2:y": total * (n - total) / n.where(n > 0, 1)})
    return Cells(frame=frame, outcomes=("y",), counted=Counted("by hand", "", "", ""), strata=strata)


def test_a_panel_holds_means_and_spreads(tmp_path: Path) -> None:
    """Y, n and var are the persons' mean, number and variance in each cell, whatever strata were counted."""
    frame = register()
    panel = panel_of(counted(tmp_path, frame, strata=["sex", "age"], group="group"), "y", starts={2: "2019Q3"})
    grouped = frame.groupby(["unit", "quarter"])["y"]
    np.testing.assert_allclose(panel.Y, grouped.mean().unstack())
    np.testing.assert_array_equal(panel.n, grouped.count().unstack())
    np.testing.assert_allclose(panel.var, grouped.var().unstack())
    assert panel.start.tolist() == [4, 4, 2, 4, 4, 4]


def test_an_empty_cell_is_missing_and_one_person_has_no_spread() -> None:
    """Nobody there means no mean, and n = 0; one person alone has no variance."""
    panel = panel_of(
        made([(1, "2019Q1", "a", 4, 2), (1, "2019Q2", "a", 1, 1), (2, "2019Q1", "a", 2, 2)]), "y", starts={}
    )
    np.testing.assert_array_equal(panel.n, [[4, 1], [2, 0]])
    np.testing.assert_array_equal(np.isnan(panel.Y), [[False, False], [False, True]])
    np.testing.assert_array_equal(np.isnan(panel.var), [[False, True], [False, True]])


@pytest.mark.parametrize(
    ("start", "position"),
    [
        ("2019Q3", 2),
        (date(2019, 7, 1), 2),
        (date(2019, 8, 15), 2),
        (date(2018, 1, 1), 0),
        (date(2021, 1, 1), 4),
        (None, 4),
    ],
)
def test_starts_are_days_or_periods(tmp_path: Path, start: Any, position: int) -> None:
    """The period in which a day falls counts as treated; a start after the last period is a comparison."""
    assert panel_of(counted(tmp_path, register()), "y", starts={1: start}).start[1] == position


def test_a_trial_tells_who_starts_and_when() -> None:
    """From the trial's own file, or from the table of adoptions of a data room."""
    jaf = trial("rehab_jaf")
    assert starts_of(jaf) == dict.fromkeys(jaf.municipalities, jaf.first_possible_start)
    table = pd.DataFrame(
        {"trial": ["rehab_jaf", "x"], "kommune_kode": [851, 860], "start": ["2018-02-01", "2018-03-01"]}
    )
    assert starts_of(jaf, table) == {851: date(2018, 2, 1)}
    with pytest.raises(BadData, match="has 0 rows of rehab_jaf"):
        starts_of(jaf, table.tail(1))


def test_a_triple_difference_is_the_difference_of_two(tmp_path: Path) -> None:
    """The design on the difference gives the target group's effect less the other group's, with its variance."""
    counts = counted(tmp_path, register(), group="group")
    target, other = (panel_of(counts, "y", starts={0: "2019Q3"}, group=each) for each in ("target", "other"))
    both = difference(target, other)
    expected = did(target, weights="units").value - did(other, weights="units").value
    assert did(both, weights="units").value == pytest.approx(expected)
    np.testing.assert_allclose(both.var / both.n, target.var / target.n + other.var / other.n)
    with pytest.raises(BadDesign, match="differ in start"):
        difference(target, other.treating([1], "2019Q3"))


def test_standardised_rates_are_the_published_ones() -> None:
    """Down's syndrome by birth order, standardised for the mother's age: table 1 of Fay & Feuer (1997)."""
    data = pd.read_csv(ORACLES / "data.csv")
    counts = made([(each.order, "1950", each.age, each.births, each.cases) for each in data.itertuples()])
    found = standardised(counts, "y", starts={}, mix=data.groupby("age")["births"].sum())
    np.testing.assert_allclose(found.panel.Y[:, 0], pd.read_csv(ORACLES / "expected.csv")["rate"], rtol=1e-12)
    np.testing.assert_array_equal(np.round(1e5 * found.panel.Y[:, 0], 1), [92.3, 91.2, 85.1, 92.7, 75.5])
    share = found.mix / found.mix.sum()
    by_hand = sum(
        share[each.age] ** 2 * each.cases / each.births * (1 - each.cases / each.births) / (each.births - 1)
        for each in data[data["order"] == 1].itertuples()
    )
    assert found.panel.var[0, 0] / found.panel.n[0, 0] == pytest.approx(by_hand)


def test_the_mix_is_that_of_the_treated_before() -> None:
    """By default every cell counts its strata as the treated units stood before their start."""
    rows = [
        (1, "2019Q1", "old", 30, 6),
        (1, "2019Q1", "young", 10, 5),
        (1, "2019Q2", "old", 10, 2),
        (1, "2019Q2", "young", 90, 45),
        (2, "2019Q1", "old", 20, 2),
        (2, "2019Q1", "young", 80, 40),
        (2, "2019Q2", "old", 50, 5),
        (2, "2019Q2", "young", 50, 25),
    ]
    found = standardised(made(rows), "y", starts={1: "2019Q2"})
    assert found.mix.to_dict() == {"old": 0.75, "young": 0.25}
    np.testing.assert_allclose(found.panel.Y, [[0.275, 0.275], [0.2, 0.2]])
    crude = panel_of(made(rows), "y", starts={1: "2019Q2"})
    assert crude.Y[0, 1] - crude.Y[0, 0] == pytest.approx(0.195)
    assert (found.missing == 0).all()
    assert found.uncompared == 0


def test_an_empty_stratum_is_reported() -> None:
    """The others count for it in proportion; the share missing and the people without comparison are told."""
    rows = [
        (1, "2019Q1", "old", 30, 6),
        (1, "2019Q1", "young", 10, 5),
        (1, "2019Q2", "old", 10, 2),
        (1, "2019Q2", "young", 30, 3),
        (2, "2019Q1", "old", 20, 2),
        (2, "2019Q1", "young", 80, 40),
        (2, "2019Q2", "old", 50, 5),
    ]
    found = standardised(made(rows), "y", starts={1: "2019Q2"})
    np.testing.assert_allclose(found.missing, [[0, 0], [0, 0.25]])
    assert found.panel.Y[1, 1] == pytest.approx(0.1)
    assert found.uncompared == pytest.approx(30 / 80)
    assert "6.2% of the mix missing, 37.5% of the treated without comparison" in repr(found)
    nobody = standardised(made([*rows, (3, "2019Q1", "old", 5, 1)]), "y", starts={1: "2019Q2"})
    assert np.isnan(nobody.panel.Y[2, 1])
    assert nobody.missing[2, 1] == 1


def test_one_person_alone_takes_the_spread_of_the_stratum() -> None:
    """A stratum of one has no variance of its own, and the cell's is not thereby zero."""
    rows = [
        (1, "2019Q1", "old", 1, 1),
        (1, "2019Q2", "old", 10, 5),
        (2, "2019Q1", "old", 10, 2),
        (2, "2019Q2", "old", 5, 0),
    ]
    found = standardised(made(rows), "y", starts={1: "2019Q2"})
    assert found.panel.var[0, 0] == pytest.approx((2.5 + 1.6 + 0) / (9 + 9 + 4))


def test_one_stratum_changes_nothing(tmp_path: Path) -> None:
    """Standardised over one stratum, or over strata with the same mix everywhere, the panel is the crude one."""
    frame = register().assign(sex="f")
    counts = counted(tmp_path, frame, strata=["sex"])
    crude, found = panel_of(counts, "y", starts={0: "2019Q3"}), standardised(counts, "y", starts={0: "2019Q3"})
    np.testing.assert_allclose(found.panel.Y, crude.Y)
    np.testing.assert_allclose(found.panel.var, crude.var)


def test_several_strata_and_missing_ones(tmp_path: Path) -> None:
    """Strata of two columns, some missing: the standard mean is the weighted sum, worked out by pandas."""
    frame = register()
    frame.loc[frame.index % 9 == 0, "age"] = None
    counts = counted(tmp_path, frame, strata=["sex", "age"])
    found = standardised(counts, "y", starts={0: "2019Q3"})
    filled = frame.fillna({"age": "?"})
    before = filled[(filled["unit"] == 0) & (filled["quarter"] < "2019Q3")]
    share = before.groupby(["sex", "age"]).size() / len(before)
    mean = filled[(filled["unit"] == 3) & (filled["quarter"] == "2019Q2")].groupby(["sex", "age"])["y"].mean()
    assert len(found.mix) == 6
    assert found.panel.Y[3, 1] == pytest.approx((share * mean).sum())


def test_panels_that_cannot_be_made_are_refused(tmp_path: Path) -> None:
    """The message names what is missing."""
    counts = counted(tmp_path, register(), group="group")
    with pytest.raises(UnknownName, match="no group 'targets'"):
        panel_of(counts, "y", starts={}, group="targets")
    with pytest.raises(UnknownName, match="no outcome 'z'"):
        panel_of(counts, "z", starts={})
    with pytest.raises(BadDesign, match="1 units that start are not among the 6 units"):
        panel_of(counts, "y", starts={99: "2019Q3"})
    with pytest.raises(BadDesign, match="the periods are such as 2019Q1"):
        panel_of(counts, "y", starts={1: "2019"})
    with pytest.raises(BadDesign, match="have no strata"):
        standardised(counts, "y", starts={})
    with pytest.raises(BadDesign, match="No treated unit has people before"):
        standardised(made([(1, "2019Q1", "old", 5, 1)]), "y", starts={})
    with pytest.raises(BadDesign, match="names 1 strata that the cells do not have"):
        standardised(made([(1, "2019Q1", "old", 5, 1)]), "y", starts={}, mix=pd.Series({"young": 1.0}))
