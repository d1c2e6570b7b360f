"""Tables as one system of equations: every total is the sum of its parts, in all tables of a page at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, eye_array, hstack

from frikommune.disclosure.nouns import Key
from frikommune.disclosure.rings import Part
from frikommune.errors import BadData

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Cell = tuple[str, Key]  # who is counted, and the cell


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class System:
    """The cells of some tables, and how they add up.

    Attributes:
        cells: Cells and totals, each once however many tables show it [cells].
        sums: Which cells add up to which: 1 for a part, -1 for the total [equations x cells].
        joint: Cells of no table, that tables in a ring must have in common [cells].
    """

    cells: tuple[Cell, ...]
    sums: csr_array
    joint: Flags

    @property
    def place(self) -> dict[Cell, int]:
        """Where each cell stands."""
        return {cell: at for at, cell in enumerate(self.cells)}


def system_of(tables: Iterable[Part], joints: Iterable[Part] = ()) -> System:
    """Set up the equations of some tables.

    Args:
        tables: Who is counted, and the cells of each table without its totals.
        joints: The joint tables of those that stand in a ring, as `joints_of` finds them.
    """
    own, beside = list(tables), list(joints)
    alone = _equations(own)[0]
    known, equations = _equations([*own, *beside])
    rows = [[(at, 1.0) for at in parts] + [(whole, -1.0)] for (whole, _, _), parts in equations.items()]
    triples = [(row, at, sign) for row, each in enumerate(rows) for at, sign in each]
    row, column, sign = (np.array(each) for each in zip(*triples, strict=True))
    sums = csr_array((sign, (row, column)), shape=(len(rows), len(known)))
    return System(tuple(known), sums, np.array([cell not in alone for cell in known]))


def _equations(tables: Iterable[Part]) -> tuple[dict[Cell, int], dict[tuple[int, str, str], list[int]]]:
    known: dict[Cell, int] = {}
    equations: dict[tuple[int, str, str], list[int]] = {}
    for of, keys in tables:
        names = sorted({name for key in keys for name, _ in key})
        for key in keys:
            for kept in product((True, False), repeat=len(names)):
                inside = {name for name, keep in zip(names, kept, strict=True) if keep}
                part = frozenset(pair for pair in key if pair[0] in inside)
                at = known.setdefault((of, part), len(known))
                for name in inside:
                    whole = known.setdefault((of, frozenset(p for p in part if p[0] != name)), len(known))
                    parts = equations.setdefault((whole, name, ",".join(names)), [])
                    if at not in parts:
                        parts.append(at)
    return known, equations


def totalled(system: System, values: dict[Cell, float]) -> Floats:
    """Return the value of every cell and total, from the cells that are no totals.

    Args:
        system: The equations.
        values: The value of each cell that the tables were given.
    """
    filled = np.array([values.get(cell, np.nan) for cell in system.cells])
    while (np.isnan(filled) & ~system.joint).any():
        before = np.isnan(filled).sum()
        for row in range(system.sums.shape[0]):
            at = system.sums.indices[system.sums.indptr[row] : system.sums.indptr[row + 1]]
            sign = system.sums.data[system.sums.indptr[row] : system.sums.indptr[row + 1]]
            whole, parts = at[sign < 0], at[sign > 0]
            if np.isnan(filled[whole]).any() and not np.isnan(filled[parts]).any():
                filled[whole] = filled[parts].sum()
        if np.isnan(filled).sum() == before:
            raise AssertionError
    return _with_joint(system, filled) if system.joint.any() else filled


def _with_joint(system: System, filled: Floats) -> Floats:
    """Give the joint tables numbers that fit: which ones does not matter, since nobody is shown them."""
    filled[system.joint] = np.nan
    low, high = np.where(system.joint, 0.0, filled), np.where(system.joint, np.inf, filled)
    free = np.flatnonzero(system.joint)
    filled[free] = np.maximum(_furthest(system, low, high, free, np.zeros(len(free)), whole=False), 0.0)
    return filled


def extremes(system: System, low: Floats, high: Floats, at: int, *, whole: bool) -> Floats:
    """Return two tables that add up, in which a cell is as small and as large as it can be.

    Between these ends the cell must lie, for whoever knows the equations and the bounds of all cells.

    Args:
        system: The equations.
        low: Least that each cell can be [cells].
        high: Most that each cell can be, infinite where nothing is known [cells].
        at: The cell.
        whole: Whether every cell is a whole number, which the attacker knows.

    Returns:
        The table with the cell at its least, then the one with it at its most; NaN for cells that have no bearing on
        it [2 x cells].

    References:
        Hundepool et al., Statistical Disclosure Control (2012), section 4.3.1 (the attacker's problem).
    """
    reached = _component(system, low < high, at)
    goal = (reached == at).astype(float)
    tables = np.full((2, len(low)), np.nan)
    for end, sign in enumerate((-1.0, 1.0)):
        tables[end, reached] = _furthest(system, low, high, reached, sign * goal, whole=whole)
    return tables


def many_extremes(system: System, low: Floats, high: Floats, goal: Floats, *, whole: bool) -> Floats:
    """Return a table that adds up, in which many cells are as small or as large as they can be together.

    Args:
        system: The equations.
        low: Least that each cell can be [cells].
        high: Most that each cell can be, infinite where nothing is known [cells].
        goal: 1 for a cell that is to be large, -1 for one that is to be small [cells].
        whole: Whether every cell is a whole number, which the attacker knows.
    """
    table, free = low.copy(), np.flatnonzero(low < high)
    table[free] = _furthest(system, low, high, free, goal[free], whole=whole)
    return table


def _furthest(
    system: System, low: Floats, high: Floats, free: NDArray[np.intp], goal: Floats, *, whole: bool
) -> Floats:
    """Return the free cells of a table that adds up, as far towards a goal as they can be."""
    rows = np.unique(system.sums[:, free].nonzero()[0])
    part = system.sums[rows]
    known = low.copy()
    known[free] = 0.0
    target = -(part @ known)
    # Where nothing bounds a cell, far above everything known will do.
    far = 10.0 * (max(float(low.max()), float(high[np.isfinite(high)].max(initial=0.0))) + len(low))
    found = milp(
        -goal,
        constraints=LinearConstraint(part[:, free], target, target) if len(rows) else (),
        bounds=Bounds(low[free], np.minimum(high[free], far)),
        integrality=np.where(system.joint[free], 0, int(whole)),
    )
    if found.x is None:
        raise BadData("Tables of the same persons do not add up: they were not counted from the same rows, or changed.")
    return found.x


def _component(system: System, free: Flags, at: int) -> NDArray[np.intp]:
    """Return the free cells that share equations, link by link, with one: no others bear on it."""
    reached, wave = {at}, {at}
    while wave:
        rows = np.unique(system.sums[:, sorted(wave)].nonzero()[0])
        beside = np.unique(system.sums[rows].nonzero()[1])
        wave = {int(each) for each in beside if free[each]} - reached
        reached |= wave
    return np.array(sorted(reached))


def protect(
    system: System,
    values: Floats,
    low: Floats,
    hidden: Flags,
    at: int,
    *,
    can: Flags,
    width: float,
    up: float,
    whole: bool,
) -> Flags | None:
    """Hide as few persons more as it takes for one cell to be uncertain enough.

    Two other tables are looked for that add up as the true one does and differ from it in hidden cells alone, and in
    which the cell differs by the width.

    Args:
        system: The equations.
        values: The true values [cells].
        low: Least that a hidden cell can be [cells].
        hidden: What is hidden so far [cells].
        at: The cell to protect; it is hidden.
        can: What may be hidden besides [cells].
        width: How far apart the ends of its interval are to be.
        up: How far above the truth its upper end is to be.
        whole: Whether every cell is a whole number.

    Returns:
        What is hidden then, or nothing when the cell cannot be protected.

    References:
        Fischetti & Salazar-González (2001), "Solving the cell suppression problem on tabular data with linear
        constraints", Management Science 47(7), model (1)-(8), for one cell at a time.
    """
    cells, reach = len(values), 2.0 * width
    moves = [diags_array(np.full(cells, -reach)), diags_array(np.minimum(values - low, reach))]
    eye, still = eye_array(cells), csr_array((cells, cells))
    nothing = csr_array(system.sums.shape)
    ends = csr_array(([1.0, -1.0, 1.0], ([0, 0, 1], [cells + at, 2 * cells + at, cells + at])), shape=(2, 3 * cells))
    limits = [
        LinearConstraint(hstack([nothing, system.sums, nothing], format="csr"), 0, 0),
        LinearConstraint(hstack([nothing, nothing, system.sums], format="csr"), 0, 0),
        LinearConstraint(ends, [width, up], np.inf),
    ]
    for other in ([eye, still], [still, eye]):
        limits += [
            LinearConstraint(hstack([moves[0], *other], format="csr"), -np.inf, 0),
            LinearConstraint(hstack([moves[1], *other], format="csr"), 0, np.inf),
        ]
    cost = np.where(hidden, 0.0, 1.0 + cells * values / max(values.max(), 1.0))
    spread = np.full(2 * cells, reach)
    found = milp(
        np.concatenate([cost, np.zeros(2 * cells)]),
        constraints=limits,
        bounds=Bounds(
            np.concatenate([hidden.astype(float), -spread]), np.concatenate([(can | hidden).astype(float), spread])
        ),
        integrality=np.concatenate([np.where(system.joint, 0, 1), np.tile(np.where(system.joint, 0, int(whole)), 2)]),
        options={"mip_rel_gap": 0.05},
    )
    return None if found.x is None else found.x[:cells] > 0.5  # noqa: PLR2004
