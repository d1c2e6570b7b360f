"""Hides what is too small to be shown, and as much more as keeps that from being worked out.

A cell is hidden when it is made by somebody but by fewer than the threshold; sums also when they are too much one
person's. Zero is no person: it is shown, and told apart from what is hidden. A cell that is hidden in counts is hidden
in sums too, and the other way round. Then as few persons more are hidden as it takes for every hidden cell to be
uncertain by at least the threshold (sums: by p per cent of themselves), to one who knows every other cell of all tables
released together, the totals and these rules. All cells are weighed at once (`pattern`); one that is not safe even so,
because persons are whole, is protected by itself (`protect`). A shown zero tells that hidden cells are not zero: the
attacker is taken to know that as well.

References:
    Hundepool et al., Statistical Disclosure Control (2012), sections 4.2 (sensitive cells) and 4.3-4.4 (protection).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from frikommune.disclosure.dominance import check_sums, largest_of, too_dominant
from frikommune.disclosure.nouns import TOTAL, Counts, Key, Released, Rule, sealed
from frikommune.disclosure.pattern import Problem, far_apart, pattern
from frikommune.disclosure.rings import Part, joints_of
from frikommune.disclosure.system import (
    Cell,
    Flags,
    Floats,
    System,
    extremes,
    protect,
    system_of,
    totalled,
)
from frikommune.errors import BadData

DEFAULT = Rule()
_TENTH = 0.1  # of a person: counts are whole


def release(table: Counts, *, rule: Rule = DEFAULT) -> Released:
    """Release one table of counts, with the totals over its dimensions.

    Right for a table that shares no margin with another one of the page: those go through `release_together`.

    Args:
        table: The counts, and the sums if there are any.
        rule: When a cell is too small, or too much one person's.

    Returns:
        The table with its totals; <NA> where hidden.

    Raises:
        BadData: The sums are given with fewer contributions than the rule looks at.
    """
    return release_together([table], rule=rule)[0]


def release_together(tables: Sequence[Counts], *, rule: Rule = DEFAULT) -> tuple[Released, ...]:
    """Release all tables of a page at once: those that count the same persons share their margins.

    Args:
        tables: The tables; each name once. A dimension of one name is the same one in every table.
        rule: When a cell is too small, or too much one person's.

    Returns:
        The tables in their order.

    Raises:
        BadData: A name is there twice, two tables say a shared cell differently, or the contributions are too few.
    """
    if len({each.name for each in tables}) < len(tables):
        raise BadData("Two tables that are released together have one name: name each table of a page.")
    if not tables:
        return ()
    groups = _groups(tables)
    joints = [joint for group in [list(tables), *groups] for joint in joints_of(_parts(group))[0]]
    system = system_of(_parts(tables), joints)
    counts = totalled(system, _given(tables, "n"))
    _check_margins(system, counts, tables)
    shown = _shown(system, tables)
    everywhere = np.ones(len(counts), dtype=bool)
    wide, nothing = np.full(len(counts), float(rule.threshold)), np.zeros(len(counts))
    problems = [Problem(system, counts, _least(counts, shown), wide, nothing, everywhere, _once(counts), whole=True)]
    first = shown & (counts > 0) & (counts < rule.threshold)
    for group in groups:
        problem, sensitive = _sums(group, system, counts, rule)
        problems.append(problem)
        first |= sensitive & shown
    someone = counts > 0
    cost = 1.0 + len(counts) * counts / max(float(counts.max()), 1.0)
    found = pattern(problems, first | ~shown, guarded=shown, can=someone, cost=cost)
    hidden = _protected(problems, found, shown, someone)
    place = system.place
    return tuple(_released(each, place, counts, first, hidden, rule=rule) for each in tables)


def _given(tables: Sequence[Counts], what: str) -> dict[tuple[str, Key], float]:
    values: dict[tuple[str, Key], float] = {}
    for each in tables:
        column = each.n if what == "n" else each.sums
        if column is not None:
            values |= dict(zip([(each.of, key) for key in each.keys], column.to_numpy(dtype=float), strict=True))
    return values


def _check_margins(system: System, counts: Floats, tables: Sequence[Counts]) -> None:
    place = system.place
    twice = sum(
        counts[place[each.of, key]] != value
        for each in tables
        for key, value in zip(each.keys, each.n.to_numpy(dtype=float), strict=True)
    )
    off = int(twice) + int((np.abs(system.sums @ counts) > _TENTH).sum())
    if off:
        names = ", ".join(each.name for each in tables)
        raise BadData(
            f"The tables {names} count the same persons and differ in {off} of the cells or totals they share: count "
            "them from the same rows, or say in `of` who is counted."
        )


def _shown(system: System, tables: Sequence[Counts]) -> Flags:
    """Tell which cells any table is to show: a total only where it shows totals."""
    bare = {(each.of, key) for each in tables for key in each.keys}
    names = {(each.of, frozenset(map(str, each.n.index.names))) for each in tables if each.totals}
    return np.array(
        [
            (of, key) in bare or any(of == whose and {name for name, _ in key} <= these for whose, these in names)
            for of, key in system.cells
        ]
    )


def _least(counts: Floats, shown: Flags) -> Floats:
    """Return the least that each hidden cell can be: zeros are shown, so at least one person where one is hidden."""
    return np.where(shown & (counts > 0), 1.0, 0.0)


def _parts(tables: Sequence[Counts]) -> list[Part]:
    return [(each.of, each.keys) for each in tables]


def _groups(tables: Sequence[Counts]) -> list[list[Counts]]:
    """Return the tables of sums, those together that sum the same over the same persons."""
    groups: dict[tuple[str, str], list[Counts]] = {}
    for each in tables:
        if each.sums is not None:
            groups.setdefault((each.of, each.summed), []).append(each)
    return list(groups.values())


def _sums(tables: Sequence[Counts], system: System, counts: Floats, rule: Rule) -> tuple[Problem, Flags]:
    """Set up the sums of some tables in the cells of all, and tell which are too much one person's."""
    for table in tables:
        if table.largest is None or table.largest.shape[1] < rule.dominant:
            raise BadData(
                f"The (n, k) rule looks at the {rule.dominant} largest contributions: {table.name} has fewer."
            )
    own = system_of(_parts(tables), joints_of(_parts(tables))[0])
    values = totalled(own, _given(tables, "sums"))
    check_sums(own, values, tables)
    sensitive, up = too_dominant(values, largest_of(own, tables), rule)
    sensitive &= ~own.joint
    place = system.place
    at = np.array([place[cell] for cell in own.cells])

    def lifted(numbers: NDArray) -> NDArray:
        everywhere = np.zeros(len(system.cells), dtype=numbers.dtype)
        everywhere[at] = numbers
        return everywhere

    wide = own.sums.tocoo()
    sums = csr_array((wide.data, (wide.coords[0], at[wide.coords[1]])), shape=(own.sums.shape[0], len(system.cells)))
    # A sum of 0 over somebody is not to be known as that: it is as uncertain as what those persons have on average.
    persons, everybody = counts[at], place[tables[0].of, frozenset()]
    mean = values[own.place[tables[0].of, frozenset()]] / max(float(counts[everybody]), 1.0)
    width = lifted(rule.p_percent / 100 * np.where(values > 0, values, persons * (mean or 1.0)))
    inside = lifted(np.ones(len(values), dtype=bool))
    whole = System(system.cells, sums, system.joint)
    return Problem(
        whole, lifted(values), 0 * width, width, lifted(up), inside, _once(lifted(values)), whole=False
    ), lifted(sensitive)


def _protected(problems: Sequence[Problem], hidden: Flags, shown: Flags, someone: Flags) -> Flags:
    """Hide more until every hidden cell is uncertain enough in every quantity; what is once safe stays so.

    Totals that no table shows are hidden and need no protection.
    """
    wanted = [int(at) for at in np.flatnonzero(hidden & shown)]
    while wanted:
        at = wanted.pop(0)
        for problem in problems:
            more = _hide_for(problem, at, hidden, someone)
            wanted += [int(each) for each in np.flatnonzero(more & ~hidden)]
            hidden = more
    return hidden


def _hide_for(problem: Problem, at: int, hidden: Flags, someone: Flags) -> Flags:
    width, up, inside = float(problem.width[at]), float(problem.up[at]), problem.inside
    if not inside[at] or width <= 0 or _safe(problem, at, hidden):
        return hidden
    # Numbers of one size: the solver's tolerance is an absolute one.
    unit = 1.0 if problem.whole else max(width, up)
    more = protect(
        problem.system,
        problem.values / unit,
        problem.low / unit,
        hidden & inside,
        at,
        can=someone & inside,
        width=max(width, up) / unit,
        up=up / unit,
        whole=problem.whole,
    )
    # Where no pattern or too loose a one is found, all that holds anybody is hidden.
    found = hidden | (someone & inside if more is None else more)
    return found if _safe(problem, at, found) else hidden | (someone & inside)


def _once(values: Floats) -> Floats:
    return np.array([values, values])


def _safe(problem: Problem, at: int, hidden: Flags) -> bool:
    if not far_apart(problem, at):
        low, high = np.where(hidden, problem.low, problem.values), np.where(hidden, np.inf, problem.values)
        ends = extremes(problem.system, low, high, at, whole=problem.whole)
        problem.seen[0] = np.fmin(problem.seen[0], ends.min(axis=0))
        problem.seen[1] = np.fmax(problem.seen[1], ends.max(axis=0))
    return far_apart(problem, at)


def _released(
    table: Counts, place: Mapping[Cell, int], counts: Floats, first: Flags, hidden: Flags, *, rule: Rule
) -> Released:
    index, keys = _index(table)
    at = np.array([place[table.of, key] for key in keys])
    secret = hidden[at]
    numbers = counts[at] if not rule.rounding else np.round(counts[at] / rule.rounding) * rule.rounding
    n = pd.Series(numbers, index=index, name="n").astype("Int64").mask(secret)
    sums = None
    if table.sums is not None:
        own = system_of([(table.of, table.keys)])
        there = own.place
        totals = totalled(own, _given([table], "sums"))[[there[table.of, key] for key in keys]]
        sums = pd.Series(totals, index=index, name="sum").astype("Float64").mask(secret)
    early = int((first[at] & secret).sum())
    return sealed(table, rule, n, sums, first=early, second=int(secret.sum()) - early)


def _index(table: Counts) -> tuple[pd.Index, list[Key]]:
    """Return the rows of a released table, the total over a dimension after its categories, and the cell of each."""
    names = [str(name) for name in table.n.index.names]
    if not table.totals:
        return table.n.index.set_names(names), table.keys
    lists = [[*dict.fromkeys(table.n.index.get_level_values(name)), TOTAL] for name in table.n.index.names]
    index = pd.MultiIndex.from_product(lists, names=names) if len(names) > 1 else pd.Index(lists[0], name=names[0])
    rows = index if len(names) > 1 else [(each,) for each in index]
    pairs = [zip(names, map(str, row), strict=True) for row in rows]
    return index, [frozenset(pair for pair in each if pair[1] != TOTAL) for each in pairs]
