"""Sets of units to pretend treated: scattered, grown over the neighbour graph, or within one province."""

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from frikommune.errors import BadDesign
from frikommune.estimate import Ints


def draw_sets(count: int, size: int, *, draws: int, seed: int) -> Ints:
    """Draw sets of units without replacement, every set and order equally likely [draws x size].

    Args:
        count: Units to draw from.
        size: Units in a set.
        draws: Sets to draw.
        seed: Seed of the draws.
    """
    return np.argsort(np.random.default_rng(seed).random((draws, count)), axis=1)[:, :size]


def all_sets(count: int, size: int, *, at_most: int) -> Ints | None:
    """Return every set of units [sets x size]; none where there are more than `at_most`."""
    if comb(count, size) > at_most:
        return None
    return np.array(list(combinations(range(count), size)))


def grow_sets(touching: NDArray[np.bool_], size: int, *, draws: int, seed: int) -> Ints:
    """Grow connected sets over a graph, in random order within a set [draws x size].

    Growth starts at a random unit and adds a random neighbour of what there is. So the units stand in about equally
    many sets, as no draw from all connected sets would have it: of the connected sets of eleven Danish municipalities
    most lie around Copenhagen, where each has many neighbours, and a reference of those says little about the rest
    of the country. Weights that would make growth uniform over sets leave one in a hundred draws to count.

    Args:
        touching: Who borders whom [units x units].
        size: Units in a set.
        draws: Sets to draw.
        seed: Seed of the draws.

    Raises:
        BadDesign: No connected part of the graph holds enough units.
    """
    rng = np.random.default_rng(seed)
    starts = np.flatnonzero(_reach(touching) >= size)
    if not starts.size:
        raise BadDesign(f"No {size} comparison units lie together: contiguous placebos cannot be made.")
    row = np.arange(draws)
    grown = np.empty((draws, size), dtype=np.int64)
    grown[:, 0] = rng.choice(starts, draws)
    inside = np.zeros((draws, len(touching)), dtype=bool)
    beside = np.zeros_like(inside)
    for at in range(size):
        if at:
            grown[:, at] = np.where(beside & ~inside, rng.random(inside.shape), -1.0).argmax(axis=1)
        inside[row, grown[:, at]] = True
        beside |= touching[grown[:, at]]
    return rng.permuted(grown, axis=1)


def connected_sets(touching: NDArray[np.bool_], size: int, *, at_most: int) -> Ints | None:
    """Return every connected set of a graph [sets x size]; none where there are more than `at_most`.

    Args:
        touching: Who borders whom [units x units].
        size: Units in a set.
        at_most: Sets to go through.
    """
    beside = [frozenset(np.flatnonzero(row).tolist()) for row in touching]
    found = {frozenset([unit]) for unit in range(len(touching))}
    for _ in range(size - 1):
        larger: set[frozenset[int]] = set()
        for each in found:
            larger.update(each | {unit} for unit in frozenset().union(*(beside[one] for one in each)) - each)
            if len(larger) > at_most:  # the number grows with the size up to half of the units, and sets are smaller
                return None
        found = larger
    if not 0 < len(found) <= at_most:
        return None
    return np.array(sorted(sorted(each) for each in found))


def sets_within(groups: Ints, size: int, *, draws: int, seed: int) -> Ints:
    """Draw sets that lie in one group each, a group by how many units it holds [draws x size].

    Args:
        groups: The group of each unit [units].
        size: Units in a set.
        draws: Sets to draw.
        seed: Seed of the draws.

    Raises:
        BadDesign: No group holds enough units.
    """
    rng = np.random.default_rng(seed)
    large = np.flatnonzero(np.bincount(groups)[groups] >= size)
    if not large.size:
        raise BadDesign(f"No province holds {size} comparison units: placebos within a province cannot be made.")
    which = groups[rng.choice(large, draws)]
    chance = np.where(groups == which[:, None], rng.random((draws, groups.size)), 2.0)
    return np.argsort(chance, axis=1)[:, :size]


def _reach(touching: NDArray[np.bool_]) -> Ints:
    """Return how many units are connected with each, itself counted [units]."""
    _, part = connected_components(csr_array(touching), directed=False)
    return np.bincount(part)[part]
