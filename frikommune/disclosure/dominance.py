"""Sums: whether tables of them agree, who contributes most to each, and which are too much one person's."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from frikommune.disclosure.nouns import Counts, Key, Rule
from frikommune.disclosure.system import Flags, Floats, System
from frikommune.errors import BadData


def check_sums(own: System, values: Floats, tables: Sequence[Counts]) -> None:
    """Refuse tables that sum the same and differ.

    Args:
        own: Their equations.
        values: Their sums [cells].
        tables: The tables.

    Raises:
        BadData: They do.
    """
    place, near = own.place, 1e-6 * max(float(values.max()), 1e-9)
    given = [(place[each.of, key], sum_) for each in tables for key, sum_ in _sums_of(each)]
    off = sum(abs(values[at] - sum_) > near for at, sum_ in given) + int((np.abs(own.sums @ values) > near).sum())
    if off:
        raise BadData(
            f"The tables {', '.join(each.name for each in tables)} sum {tables[0].summed} over the same persons and "
            f"differ in {off} of the cells or totals they share: sum the same rows, or say in `summed` what is summed."
        )


def largest_of(own: System, tables: Sequence[Counts]) -> Floats:
    """Return the largest contributions to each cell and total: those to a total are among those to its parts.

    A cell of several tables has the larger ones; where tables give more of them, as many as all give.

    Args:
        own: Their equations.
        tables: The tables.

    Returns:
        Largest first [cells x contributions].
    """
    depth = min(each.largest.shape[1] for each in tables if each.largest is not None)
    largest, place = np.zeros((len(own.cells), depth)), own.place
    for table in tables:
        rows = np.zeros((0, depth)) if table.largest is None else table.largest.to_numpy(dtype=float)
        parts: dict[Key, list[Floats]] = {}
        for key, row in zip(table.keys, rows, strict=True):
            for size in range(len(key) + 1):
                for cell in combinations(key, size):
                    parts.setdefault(frozenset(cell), []).append(row)
        for whole, found in parts.items():
            at = place[table.of, whole]
            largest[at] = np.maximum(largest[at], -np.sort(-np.concatenate(found))[:depth])
    return largest


def too_dominant(sums: Floats, largest: Floats, rule: Rule) -> tuple[Flags, Floats]:
    """Tell which sums are too much one person's, and how far above the truth their upper end is to be.

    Args:
        sums: Sums [cells].
        largest: Their largest contributions, largest first [cells x at least n and two].
        rule: The n, k and p.

    Returns:
        Whether the (n, k) or the p % rule is broken [cells], and the distance above [cells].

    References:
        Hundepool et al., Statistical Disclosure Control (2012), tables 4.1 (the rules) and 4.2 (protection
        levels).
    """
    top = largest[:, : rule.dominant].sum(axis=1)
    dominance = 100 / rule.most_percent * top - sums
    remainder = sums - largest[:, 0] - largest[:, 1]
    ambiguity = rule.p_percent / 100 * largest[:, 0] - remainder
    up = np.maximum(np.maximum(dominance, ambiguity), 0.0)
    return (sums > 0) & (up > 1e-9 * sums), up


def _sums_of(table: Counts) -> list[tuple[Key, float]]:
    return [] if table.sums is None else list(zip(table.keys, table.sums.to_numpy(dtype=float).tolist(), strict=True))
