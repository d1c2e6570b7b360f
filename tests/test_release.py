import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frikommune import Counts, Rule, audit, release, release_curve, release_together, shares
from frikommune.disclosure import TOTAL, Released, Shown, pairwise, read_shown, shown, too_dominant
from frikommune.disclosure.rings import joints_of
from frikommune.disclosure.steps import ReleasedCurve
from frikommune.disclosure.system import extremes, system_of, totalled
from frikommune.errors import BadData
from frikommune.tables import counts

ORACLES = Path(__file__).parent / "oracles" / "disclosure"


def table(numbers: object, *, rows: str = "region", columns: str = "exit", name: str = "t", of: str = "all") -> Counts:
    cells = np.asarray(numbers)
    lists = [[f"{rows[0]}{at}" for at in range(cells.shape[0])], [f"{columns[0]}{at}" for at in range(cells.shape[1])]]
    return Counts(name, pd.Series(cells.ravel(), index=pd.MultiIndex.from_product(lists, names=[rows, columns])), of)


def line(numbers: list[int], *, name: str = "t", of: str = "all", totals: bool = True) -> Counts:
    index = pd.Index([f"c{at}" for at in range(len(numbers))], name="region")
    return Counts(name, pd.Series(numbers, index=index), of, totals=totals)


def with_sums(
    contributions: list[list[float]], *, totals: bool = True, name: str = "s", summed: str = "kroner"
) -> Counts:
    index = pd.Index([f"c{at}" for at in range(len(contributions))], name="firm")
    largest = pd.DataFrame([sorted([*each, 0.0, 0.0], reverse=True)[:3] for each in contributions], index=index)
    people = pd.Series([len(each) for each in contributions], index=index)
    sums = pd.Series([sum(each) for each in contributions], index=index)
    return Counts(name, people, "all", sums=sums, largest=largest, totals=totals, summed=summed)


def test_what_is_too_small_is_hidden_and_zero_is_told_apart() -> None:
    """A count of 1 to 4 is <NA>, 0 stays 0, and 5 is shown."""
    n = release(line([0, 1, 4, 5, 60], totals=False)).n
    assert n.isna().tolist() == [False, True, True, False, False]
    assert n["c0"] == 0
    assert n["c3"] == 5


def test_no_hidden_cell_follows_from_its_totals() -> None:
    """One small cell takes others with it, in its row and in its column."""
    made = release(table([[20, 50, 10], [8, 19, 22], [17, 32, 12], [3, 40, 9]]))
    assert (made.first, made.second) == (1, 3)
    assert not audit([made])
    wide = made.n.unstack()
    assert ((wide.isna().sum() != 1) & (wide.isna().sum(axis=1).max() != 1)).all()


def test_two_cells_that_are_one_apart_are_not_enough() -> None:
    """1 and 4 hidden under a total of 5 would be known to within three: the total goes too, or another cell."""
    made = release(line([1, 4, 0, 0]))
    assert made.n["*"] is pd.NA
    assert made.n["c2"] == 0


def test_tables_that_share_a_margin_are_released_together() -> None:
    """Alone, each table is safe; side by side the one tells what the other hides."""
    cells = Counts("t", table([[3, 30], [40, 50]]).n, "all", totals=False)
    margin = line([33, 90], name="u", totals=False)
    margin = Counts("u", margin.n.rename({"c0": "r0", "c1": "r1"}), "all", totals=False)
    alone = [release(cells), release(margin)]
    assert not audit(alone[:1])
    assert [each.table for each in audit(alone)] == ["t"]
    together = release_together([cells, margin])
    assert not audit(together)
    assert sum(each.second for each in together) == 1


def test_a_total_that_no_table_shows_needs_no_second_cell() -> None:
    """Without totals nothing can be subtracted, unless another table shows them."""
    assert release(line([3, 30, 40], totals=False)).second == 0
    assert release(line([3, 30, 40])).second == 1
    both = release_together([line([3, 30, 40], totals=False), line([3, 30, 40], name="u")])
    assert both[0].second == both[1].second == 1


def test_shares_are_hidden_with_their_counts() -> None:
    """A share is of shown numbers alone."""
    made = release(table([[20, 50], [8, 19], [3, 40]]))
    share = shares(made, within={"exit": "*"})
    assert share.isna().equals(made.n.isna() | made.n.reindex(share.index).isna())
    assert share["r0", "e1"] == pytest.approx(50 / 70) or made.n.isna()["r0", "e1"]


def test_rounding_is_on_request_and_never_shows_a_person_as_nobody() -> None:
    """Shown counts are multiples of the base, and the audit knows that they are rounded."""
    made = release(table([[21, 53], [8, 19], [3, 41]]), rule=Rule(rounding=5))
    seen = made.n.dropna()
    assert (seen % 5 == 0).all()
    assert (seen > 0).all()
    assert not audit([made])


def test_a_curve_steps_only_where_enough_have_left() -> None:
    """Exits of 2 and 3 become one step of 5; the end, where three are left, is not shown."""
    curve = release_curve([20, 18, 15, 9], [2, 3, 6, 6])
    assert curve.weeks.tolist() == [0, 2, 3]
    assert curve.surviving.tolist() == [1.0, 0.75, 0.45]
    both = release_curve([40, 34, 28], [[5, 1, 5], [1, 5, 5]])
    assert both.weeks.tolist() == [0, 2, 3]


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(st.lists(st.tuples(*[st.integers(0, 7)] * 3), min_size=3, max_size=30), st.integers(3, 6))
def test_differences_of_a_released_curve_give_no_small_group_away(
    weeks: list[tuple[int, int, int]], threshold: int
) -> None:
    """Nobody is censored, so a step times those at the start is how many left: nobody, or at least the threshold."""
    exits = np.array(weeks).T
    start = int(exits.sum()) + threshold
    risk = start - np.concatenate([[0], np.cumsum(exits.sum(axis=0))[:-1]])
    curve = release_curve(risk, exits, rule=Rule(threshold=threshold))
    left = np.round(np.diff(curve.out, axis=1) * start)
    assert ((left == 0) | (left >= threshold)).all()
    assert np.round(curve.surviving[-1] * start) >= threshold


def test_a_table_of_people_on_a_page_is_released() -> None:
    """Hidden is a dash with a note, the rest a number; what is shown is what the audit reads."""
    html = counts(release(table([[20, 50], [8, 1900], [3, 40]])), caption="C", lang="da")._repr_html_()
    assert "færre end 5 personer" in html
    assert "1.900" in html
    assert "&lt;NA&gt;" not in html
    assert "I alt" in html


def test_what_is_shown_is_read_back_as_it_was() -> None:
    """The audit of a folder attacks the very table that the page shows."""
    made = shown(release(table([[20, 50], [8, 19], [3, 40]])))
    assert read_shown(made.text) == made


def test_reprs_show_shape_only() -> None:
    """No count of persons stands in a message or a log."""
    made = release(line([3, 30, 47]))
    assert repr(made) == "Released t: 4 cells of all, 1 + 1 hidden"
    assert repr(line([3, 30, 47])) == "Counts t: 3 cells by region, counts"
    assert "47" not in repr(shown(made)) + repr(release_curve([47, 30], [6, 6]))


def test_the_attacker_reaches_the_published_ends() -> None:
    """Fischetti & Salazar-González (2001), figure 1: investment by activity and region, four cells hidden.

    Region C of activity II, 22, is then known to lie between 5 and 30.
    """
    made = table([[20, 50, 10], [8, 19, 22], [17, 32, 12]])
    system = system_of([("all", made.keys)])
    true = totalled(system, dict(zip([("all", key) for key in made.keys], made.n.to_numpy(dtype=float), strict=True)))
    hidden = [system.place["all", made.keys[at]] for at in (3, 5, 6, 8)]
    low, high = true.copy(), true.copy()
    low[hidden], high[hidden] = 0.0, np.inf
    ends = extremes(system, low, high, hidden[1], whole=False)
    assert ends[:, hidden[1]].tolist() == [5.0, 30.0]


def test_as_few_persons_as_can_be_are_hidden_for_a_cell() -> None:
    """All patterns of a small table tried: none that protects its one small cell hides fewer persons."""
    made = table([[3, 11, 40], [25, 9, 31], [14, 60, 22]])
    system = system_of([("all", made.keys)])
    true = totalled(system, dict(zip([("all", key) for key in made.keys], made.n.to_numpy(dtype=float), strict=True)))
    inner = [system.place["all", key] for key in made.keys]
    costs = []
    for pattern in product((False, True), repeat=8):
        hidden = [inner[0], *(at for at, put in zip(inner[1:], pattern, strict=True) if put)]
        low, high = true.copy(), true.copy()
        low[hidden], high[hidden] = 1.0, np.inf
        ends = extremes(system, low, high, inner[0], whole=True)[:, inner[0]]
        costs += [true[hidden].sum()] if ends[1] - ends[0] >= 5 else []
    released = release(made).n
    found = made.n[released.reindex(made.n.index).isna()].sum()
    assert found == min(costs)
    assert released[[each for each in released.index if "*" in each]].notna().all()


def test_no_pattern_hides_less() -> None:
    """Forty small tables against every pattern tried: oracles/disclosure/least.py weighs the best."""
    for each in json.loads((ORACLES / "least.json").read_text()):
        true = np.array(each["cells"]).reshape(2, 2)
        made = release(table(true), rule=Rule(threshold=3))
        whole = np.pad(true, (0, 1))
        whole[2], whole[:, 2] = whole.sum(axis=0), whole.sum(axis=1)
        whole[2, 2] = true.sum()
        hidden = made.n.unstack(sort=False).isna().to_numpy()
        weight = (1 + 9 * whole / whole.max())[hidden].sum()
        assert weight <= each["least"] * 1.02 + 1e-9, each
        assert not audit([made])


# Hundepool et al. (2012), section 4.2: the rules and the upper protection levels by their formulae, worked by hand.
@pytest.mark.parametrize(
    ("contributions", "rule", "sensitive", "above"),
    [
        # 1 of 100 with 85 % allowed to the two largest: 50 + 40 = 90 > 85; 100 / 85 * 90 - 100.
        ([50.0, 40.0, 10.0], Rule(dominant=2, most_percent=85, p_percent=1), True, 100 / 85 * 90 - 100),
        ([50.0, 30.0, 20.0], Rule(dominant=2, most_percent=85, p_percent=10), False, 0.0),
        # p %: the remainder 10 is more than 10 % of the largest, 5; it is less than 25 % of it, 12.5.
        ([50.0, 40.0, 10.0], Rule(dominant=1, most_percent=90, p_percent=10), False, 0.0),
        ([50.0, 40.0, 10.0], Rule(dominant=1, most_percent=90, p_percent=25), True, 2.5),
        # One contributor alone is known to everybody.
        ([50.0, 0.0, 0.0], Rule(dominant=1, most_percent=99, p_percent=10), True, 5.0),
    ],
)
def test_dominance_and_p_per_cent(contributions: list[float], rule: Rule, sensitive: bool, above: float) -> None:  # noqa: FBT001
    """A sum is hidden, and its upper end lies as far above it, as the rules say."""
    flags, up = too_dominant(np.array([sum(contributions)]), np.array([contributions]), rule)
    assert bool(flags[0]) is sensitive
    assert up[0] == pytest.approx(max(above, 0.0))


def test_a_dominated_sum_is_hidden_with_its_count() -> None:
    """Seven persons, but one of them earns nearly all; another cell is hidden so that it does not follow."""
    made = release(with_sums([[900.0, 5, 5, 5, 5, 5, 5], [30.0] * 20, [25.0] * 30]))
    assert made.sums is not None
    assert made.sums.isna().equals(made.n.isna())
    assert made.n["c0"] is pd.NA
    assert made.n.isna().sum() == 2
    assert not audit([made])


def summed(numbers: object, *, rows: str, columns: str, name: str) -> Counts:
    """Make a table of sums in which every cell has 20 persons with the same contribution each."""
    cells = np.asarray(numbers, dtype=float)
    people = table(np.full(cells.shape, 20), rows=rows, columns=columns).n
    largest = pd.DataFrame(np.repeat(cells.reshape(-1, 1) / 20, 3, axis=1), index=people.index)
    sums = pd.Series(cells.ravel(), index=people.index)
    return Counts(name, people, "all", sums=sums, largest=largest, summed="kroner")


def test_tables_that_sum_the_same_are_protected_together() -> None:
    """A sum hidden in one table stood as a total in another of the same persons: each was safe alone."""
    cells = with_sums([[900.0, 5, 5, 5, 5, 5, 5], [30.0] * 20, [25.0] * 30, [20.0] * 40], totals=False)
    again = with_sums([[900.0, 5, 5, 5, 5, 5, 5], [30.0] * 20, [25.0] * 30, [20.0] * 40], name="u")
    alone = [release(cells), release(again)]
    assert not audit(alone[:1])
    assert not audit(alone[1:])
    assert ("s", "sums") in {(each.table, each.what) for each in audit(alone)}
    together = release_together([cells, again])
    assert not audit(together)
    assert together[0].n.isna().sum() == together[1].n.isna().sum() == 2
    other = with_sums([[90.0] * 7, [30.0] * 20, [25.0] * 30, [20.0] * 40], name="v", summed="weeks")
    assert len(release_together([cells, other])) == 2


def test_a_sum_of_nothing_over_somebody_is_not_known_to_be_that() -> None:
    """Three persons who earn nothing: the cell hidden with theirs leaves room for more than nothing."""
    made = release(with_sums([[0.0] * 3, [30.0] * 20, [25.0] * 30]))
    assert made.n["c0"] is pd.NA
    assert not audit([made])
    told = shown(made)
    leaky = read_shown(told.text.replace('"sums":[null,null,', '"sums":[null,600.0,'))
    assert leaky != told
    assert [(each.what, each.cells) for each in audit([leaky])] == [("sums", 1)]


def ring(cells: np.ndarray, *, of: str = "all") -> list[Counts]:
    """Make the three tables of two dimensions of a table of three."""
    index = pd.MultiIndex.from_product(
        [[f"{name}{at}" for at in range(size)] for name, size in zip("xyz", cells.shape, strict=True)],
        names=list("xyz"),
    )
    n = pd.Series(cells.ravel(), index=index)
    pairs = (("x", "y"), ("x", "z"), ("y", "z"))
    return [Counts("".join(pair), n.groupby(level=list(pair)).sum(), of) for pair in pairs]


def without(made: Sequence[Released], name: str, cells: int) -> list[Shown]:
    """Return what is shown, with all cells of one table hidden besides, its totals not."""
    told = [shown(each) for each in made]
    return [
        replace(each, n=tuple(None if TOTAL not in row else n for row, n in zip(each.rows, each.n, strict=True)))
        if each.name == name
        else each
        for each in told
        if len(each.n) >= cells
    ]


def test_tables_in_a_ring_are_attacked_by_the_table_behind_them() -> None:
    """With no joint table, four hidden cells of x x y looked safe; x x z and y x z give all of them away."""
    tables = ring(np.array([[[7, 0], [13, 0]], [[0, 12], [0, 9]]]))
    made = release_together(tables)
    assert not audit(made)
    leaky = without(made, "xy", 9)
    assert not audit(leaky[:1])
    assert not audit(leaky[:2])
    assert [(each.table, each.cells) for each in audit(leaky)] == [("xy", 4)]


@settings(max_examples=10, deadline=None, database=None, derandomize=True)
@given(st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_trying_every_table_behind_a_ring_gives_the_ends_of_the_attack(numbers: list[int]) -> None:
    """Two of the three tables shown: with the joint table a hidden cell reaches just what some 2 x 2 x 2 table has."""
    cells = np.array(numbers).reshape(2, 2, 2)
    keys = [(each.of, each.keys) for each in ring(cells)]
    joints, _ = joints_of(keys)
    assert [len(found) for _, found in joints] == [8]
    assert joints_of(keys[:2]) == ([], [])
    system = system_of(keys, joints)
    given = {("all", key): float(n) for each in ring(cells) for key, n in zip(each.keys, each.n, strict=True)}
    true = totalled(system, given)
    hidden = system.joint.copy()
    hidden[[system.place["all", key] for key in ring(cells)[0].keys]] = True
    at = system.place["all", ring(cells)[0].keys[0]]
    low, high = np.where(hidden, 0.0, true), np.where(hidden, np.inf, true)
    ends = extremes(system, low, high, at, whole=True)[:, at]
    first, second = cells.sum(axis=1), cells.sum(axis=0)
    tried = [
        range(max(0, first[0, z] + second[0, z] - first[:, z].sum()), min(first[0, z], second[0, z]) + 1)
        for z in (0, 1)
    ]
    assert ends.tolist() == [sum(each[0] for each in tried), sum(each[-1] for each in tried)]


def test_a_ring_too_large_to_be_reckoned_is_named() -> None:
    """Its tables are attacked without the table behind them, and whoever reads the audit is told."""
    made = release_together(ring(np.full((2, 2, 2), 20)))
    assert pairwise(made) == ()
    wide = [np.arange(size) for size in (30, 30, 30)]
    large = ring(np.full([len(each) for each in wide], 9), of="many")
    assert pairwise(release_together(large)) == ("many",)


def narrowest(made: Released, true: np.ndarray) -> int:
    """Return the least that a hidden cell is seen to span, by trying tables of whole numbers."""
    wide = made.n.unstack(sort=False)
    given = {(r, c): wide.iloc[r, c] for r in range(3) for c in range(3)}
    most = int(true.max()) + 5
    lists = [range(1, most) if given[at] is pd.NA else [int(given[at])] for at in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    tried = np.array(list(product(*lists))).reshape(-1, 2, 2)
    whole = np.concatenate([tried, tried.sum(axis=2, keepdims=True)], axis=2)
    whole = np.concatenate([whole, whole.sum(axis=1, keepdims=True)], axis=1)
    fits = np.all(
        [whole[:, r, c] == value for (r, c), value in given.items() if value is not pd.NA] or [[True]], axis=0
    )
    seen = whole[np.broadcast_to(fits, len(whole))]
    return min((int(np.ptp(seen[:, r, c])) for (r, c), value in given.items() if value is pd.NA), default=99)


@settings(max_examples=15, deadline=None, database=None, derandomize=True)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_trying_every_table_pins_no_hidden_cell(numbers: list[int]) -> None:
    """All tables of whole numbers with the shown cells leave every hidden one open by the threshold, here 3."""
    true = np.array(numbers).reshape(2, 2)
    made = release(table(true), rule=Rule(threshold=3))
    assert narrowest(made, true) >= 3
    assert not audit([made])


@settings(max_examples=12, deadline=None, database=None, derandomize=True)
@given(st.lists(st.integers(0, 40), min_size=12, max_size=12), st.integers(3, 6))
def test_the_audit_finds_nothing_to_pin(numbers: list[int], threshold: int) -> None:
    """Whatever the table, and the threshold, no hidden cell is known too closely, and none that is small is shown."""
    true = np.array(numbers).reshape(4, 3)
    other = Counts("u", line(true.sum(axis=1).tolist()).n.rename(lambda name: name.replace("c", "r")), "all")
    made = release_together([table(true), other], rule=Rule(threshold=threshold))
    assert not audit(made)
    assert all(each.smallest is None or each.smallest >= threshold for each in made)


def test_three_dimensions_are_safe_too() -> None:
    """Totals over one and over two dimensions are equations as well."""
    index = pd.MultiIndex.from_product([["a", "b"], ["c", "d", "e"], ["f", "g"]], names=["x", "y", "z"])
    made = release(Counts("t", pd.Series([3, 20, 30, 8, 9, 40, 12, 1, 60, 7, 25, 33], index=index), "all"))
    assert made.n["a", "c", "f"] is pd.NA
    assert not audit([made])
    with pytest.raises(BadData, match="3 dimensions"):
        counts(made, caption="C", lang="en")


def test_the_audit_sees_what_was_hidden_too_little() -> None:
    """Only the small cell hidden: the total gives it away."""
    told = shown(release(line([3, 30, 40])))
    leaky = read_shown(told.text.replace('"n":[null,null,40,73]', '"n":[null,30,40,73]'))
    assert told.n == (None, None, 40, 73)
    assert [(each.table, each.cells) for each in audit([leaky])] == [("t", 1)]


def test_order_does_nothing_and_inputs_stay() -> None:
    """The rows in another order hide the same cells, and nothing given is changed."""
    made = table([[20, 50, 10], [8, 19, 22], [3, 40, 9]])
    before = made.n.copy()
    turned = Counts("t", made.n.iloc[::-1], "all")
    one, other = release(made).n, release(turned).n
    assert one.isna().sum() == other.isna().sum()
    pd.testing.assert_series_equal(made.n, before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rule(threshold=2), "at least 3 persons"),
        (lambda: Rule(rounding=10), "up to the threshold"),
        (lambda: Rule(rounding=4), "shown as fewer than the threshold"),
        (lambda: Rule(rounding=2), "shown as fewer than the threshold"),
        (lambda: with_sums([[1.0], [2.0]], summed=""), "does not say what is summed"),
        (
            lambda: release_together([with_sums([[9.0] * 9]), with_sums([[8.0] * 9], name="u")]),
            "say in `summed` what is summed",
        ),
        (lambda: line([-1, 3]), "whole number"),
        (lambda: Counts("t", pd.Series([1, 2]), "all"), "without a name"),
        (lambda: Counts("t", pd.Series([1, 2], index=pd.Index(["a", "*"], name="x")), "all"), "kept for the totals"),
        (lambda: Counts("t", table([[1, 2], [3, 4]]).n.iloc[:3], "all"), "lacks a combination"),
        (lambda: release_together([line([9, 9]), line([9, 9])]), "one name"),
        (lambda: release_together([line([9, 9]), line([9, 8], name="u")]), "count the same persons"),
        (lambda: counts(line([9, 9]), caption="C", lang="da"), "given a Counts: pass it through release"),  # type: ignore[arg-type]
        (lambda: release_curve([4, 3], [1, 1]), "Fewer than 5 persons"),
        (lambda: release_curve([9, 9], [1, 1]), "More persons left"),
    ],
)
def test_what_cannot_be_released_is_refused(make: object, message: str) -> None:
    """The message names the table and the fault, and no count of it."""
    with pytest.raises(BadData, match=message):
        make()  # type: ignore[operator]


WRONG = """
from typing import cast

import pandas as pd

from frikommune.disclosure import Counts
from frikommune.figures import Subject, people, survival
from frikommune.tables import counts

made, about = Counts("t", pd.Series([9, 9]), "all"), cast(Subject, None)
counts(made, caption="C", lang="da")
people(made, about, "da")
survival({"a": made}, about, "da")
"""


def test_the_type_checker_refuses_what_was_not_released(tmp_path: Path) -> None:
    """A table, a map and a curve of people given plain counts are three faults before anything is run."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(wrong)],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [fault.rpartition("expected ")[2].partition("  ")[0] for fault in faults] == [
        '"Released"',
        '"Released"',
        '"str": "ReleasedCurve"',
    ], done.stdout + done.stderr


def test_nobody_makes_a_released_table_by_hand() -> None:
    """The type is a promise: only `release` and `release_curve` give it."""
    made, curve = release(line([9, 9])), release_curve([20, 10], [10, 5])
    with pytest.raises(TypeError):
        Released(made.name, made.n, made.of, made.rule)
    with pytest.raises(TypeError):
        ReleasedCurve(curve.weeks, curve.surviving, curve.out, 20, curve.rule)


def test_a_table_of_all_municipalities_is_released_in_seconds() -> None:
    """98 x 5 cells, 147 of them too small: it took a minute when each cell was protected by itself."""
    rng = np.random.default_rng(1)
    size = rng.lognormal(0, 0.8, 98)
    began = perf_counter()
    made = release(table(rng.poisson(60 * np.outer(size, [0.45, 0.3, 0.15, 0.07, 0.03]))))
    assert (made.first, made.second <= 83) == (147, True)
    assert not audit([made])
    assert perf_counter() - began < 20
