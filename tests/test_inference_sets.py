from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from frikommune.errors import BadDesign
from frikommune.inference import all_sets, connected_sets, draw_sets, grow_sets, places, sets_within, together
from frikommune.municipalities import municipalities, network

# A path of four with a triangle at one end, and a unit that touches nobody.
EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (3, 5)]


def graph(edges=EDGES, units: int = 7) -> np.ndarray:
    touching = np.zeros((units, units), dtype=bool)
    for one, other in edges:
        touching[one, other] = touching[other, one] = True
    return touching


def is_connected(touching: np.ndarray, units) -> bool:
    """Walk from the first unit as far as the set allows."""
    seen, left = {units[0]}, set(units[1:])
    while near := {each for each in left if touching[list(seen), each].any()}:
        seen |= near
        left -= near
    return not left


def growth_chances(touching: np.ndarray, size: int) -> dict[frozenset[int], float]:
    """Follow every order of growth and add up its chance."""
    reach = [each for each in range(len(touching)) if touching[each].any()]
    chances = {frozenset([each]): 1 / len(reach) for each in reach}
    for _ in range(size - 1):
        grown: Counter = Counter()
        for inside, chance in chances.items():
            near = [each for each in reach if each not in inside and touching[list(inside), each].any()]
            for each in near:
                grown[inside | {each}] += chance / len(near)
        chances = dict(grown)
    return chances


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_connected_set_is_found_once(size: int) -> None:
    """The same sets as by trying every combination."""
    by_hand = {each for each in combinations(range(7), size) if is_connected(graph(), each)}
    found = connected_sets(graph(), size, at_most=100)
    assert found is not None
    assert len(found) == len(by_hand)
    assert {tuple(each) for each in found.tolist()} == by_hand


def test_too_many_sets_are_not_enumerated() -> None:
    """Where there are more sets than asked for, none are returned, and they are drawn instead."""
    assert connected_sets(graph(), 3, at_most=2) is None
    assert all_sets(20, 5, at_most=15_503) is None
    assert len(all_sets(20, 5, at_most=15_504)) == 15_504


def test_growth_draws_each_set_as_often_as_its_orders_say() -> None:
    """On a small graph the share of every connected set is the chance of growing it, summed over all orders."""
    chances = growth_chances(graph(), 3)
    drawn = Counter(frozenset(each) for each in grow_sets(graph(), 3, draws=20_000, seed=1).tolist())
    assert set(drawn) == set(chances)
    keys = sorted(chances, key=sorted)
    expected = np.array([chances[each] for each in keys]) * 20_000
    assert stats.chisquare([drawn[each] for each in keys], expected).pvalue > 0.001


def test_grown_sets_are_connected_and_every_municipality_is_in_about_as_many() -> None:
    """Of the 87 outside North Jutland each is in as many sets of eleven as in an even draw, within a factor of two.

    Drawn evenly from all connected sets of eleven, the province with most would be in 29 times as many as the one
    with fewest.
    """
    units = tuple(code for code in municipalities() if code not in network())
    where = places(units)
    assert where is not None
    sets = grow_sets(where.touching, 11, draws=4000, seed=1)
    assert all(is_connected(where.touching, each) for each in sets[:200].tolist())
    share = np.bincount(sets.ravel(), minlength=87) / 4000 / (11 / 86)
    by_province = np.bincount(where.province, share) / np.maximum(np.bincount(where.province), 1)
    linked = by_province[by_province > 0]
    assert len(linked) == 9  # Bornholm cannot be in a connected set
    assert linked.max() / linked.min() < 2.2
    assert share[where.touching.any(axis=1)].min() > 0.1


def test_ferries_link_municipalities() -> None:
    """Læsø lies with Frederikshavn, and Bornholm with nobody."""
    where = places((813, 825, 400))
    assert where is not None
    np.testing.assert_array_equal(where.touching, [[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_who_lies_together() -> None:
    """Neighbours in two provinces, and strangers in one, share shocks; Aalborg and Odense do not."""
    where = places((820, 791, 787, 851, 461))
    assert where is not None
    assert together(where, np.array([0, 1]))  # Vesthimmerlands and Viborg
    assert together(where, np.array([2, 3]))  # Thisted and Aalborg
    assert not together(where, np.array([3, 4]))


def test_sets_within_a_province_stay_there() -> None:
    """A province is drawn by how many units it holds, and too small ones are left out."""
    groups = np.array([0] * 6 + [1] * 3 + [2])
    sets = sets_within(groups, 3, draws=6000, seed=1)
    assert (groups[sets] == groups[sets][:, :1]).all()
    assert all(len(set(each)) == 3 for each in sets.tolist())
    assert np.mean(groups[sets[:, 0]] == 0) == pytest.approx(6 / 9, abs=0.03)
    assert not (groups[sets] == 2).any()


def test_sets_are_drawn_evenly() -> None:
    """Every unit is in a set as often as every other, and no set holds one twice."""
    sets = draw_sets(20, 5, draws=4000, seed=1)
    counts = np.bincount(sets.ravel(), minlength=20)
    assert stats.chisquare(counts).pvalue > 0.001
    assert all(len(set(row)) == 5 for row in sets.tolist())


def test_the_same_seed_grows_the_same_sets() -> None:
    """Drawn sets are reproducible."""
    np.testing.assert_array_equal(*(grow_sets(graph(), 3, draws=50, seed=4) for _ in range(2)))


def test_places_that_are_too_small_are_refused() -> None:
    """No connected part, or no province, holds enough units."""
    with pytest.raises(BadDesign, match="lie together"):
        grow_sets(graph(), 7, draws=10, seed=1)
    with pytest.raises(BadDesign, match="No province holds"):
        sets_within(np.array([0, 0, 1, 1]), 3, draws=10, seed=1)
    assert places((1, 2)) is None
