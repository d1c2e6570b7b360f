"""Which cells to hide so that every hidden one stays uncertain: all cells of all tables weighed at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from frikommune.disclosure.system import Flags, Floats, System

_ROUNDS, _NODES, _GAP = 40, 200, 0.01  # no clock among them: the same cells are hidden on any machine
_REACH = 2.0  # times what is needed: as far as a cell is moved
_COINS = 8
_SLACK = 1e-6
_HALF = 0.5


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Problem:
    """One quantity in the cells: how uncertain each must stay, in `width` and `up` above the truth, and where it is.

    Attributes:
        system: The equations.
        values: The true values [cells].
        low: Least that a hidden cell can be [cells].
        width: How far apart the ends of its interval are to be, 0 where nothing is asked [cells].
        up: How far above the truth its upper end is to be [cells].
        inside: Which cells the quantity has [cells].
        seen: Least and most of each cell among tables that were found to add up: what is hidden only grows, so they
            stay possible, and most cells need no search of their own [2 x cells].
        whole: Whether every cell is a whole number.
    """

    system: System
    values: Floats
    low: Floats
    width: Floats
    up: Floats
    inside: Flags
    seen: Floats
    whole: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """What must be hidden for a cell to be uncertain: `weight` times the flags is at least 1 if the cell is hidden."""

    at: int
    weight: Floats


def pattern(problems: Sequence[Problem], must: Flags, *, guarded: Flags, can: Flags, cost: Floats) -> Flags:
    """Hide as little as it takes for every hidden cell to be uncertain enough, by all that an attacker can reckon.

    A pattern is looked for that meets the inequalities known so far; an attacker's linear programme for each hidden
    cell either finds it uncertain enough, or its dual gives one more inequality that the pattern breaks.

    Args:
        problems: The quantities.
        must: What is hidden in any case [cells].
        guarded: Cells that must be uncertain when hidden [cells].
        can: What may be hidden besides [cells].
        cost: What it costs to hide each cell [cells].

    Returns:
        What is hidden [cells]. The attacker's cells need not be whole here, and the search ends after some rounds:
        whoever asks must look whether every cell is safe.

    References:
        Fischetti & Salazar-González (2001), "Solving the cell suppression problem on tabular data with linear
        constraints", Management Science 47(7), sections 3-4: the master problem and its capacity inequalities.
    """
    hidden, cuts = must, list[_Cut]()
    for _ in range(_ROUNDS):
        broken = [each for problem in problems for each in _tight(problem, hidden, guarded)]
        broken = broken or [each for problem in problems for each in _attacked(problem, hidden, guarded & hidden)]
        if not broken:
            break
        cuts += broken
        found = _master(cuts, must, can, cost)
        if found is None:
            break
        hidden = found
    return hidden


def _master(cuts: Sequence[_Cut], must: Flags, can: Flags, cost: Floats) -> Flags | None:
    rows = np.array([each.weight for each in cuts])
    rows[np.arange(len(cuts)), [each.at for each in cuts]] -= 1.0
    found = milp(
        cost,
        constraints=LinearConstraint(csr_array(rows), 0, np.inf),
        bounds=Bounds(must.astype(float), (can | must).astype(float)),
        integrality=np.ones(len(cost)),
        options={"mip_rel_gap": _GAP, "node_limit": _NODES},
    )
    return None if found.x is None else found.x > _HALF


def _tight(problem: Problem, hidden: Flags, guarded: Flags) -> Iterator[_Cut]:
    """Find equations that alone give a cell away: one cell hidden, or parts that cannot fall for others to rise."""
    sums, asked = problem.system.sums, guarded & (problem.width > 0)
    fall = problem.values - problem.low
    for row in range(sums.shape[0]):
        cells, sign = (each[sums.indptr[row] : sums.indptr[row + 1]] for each in (sums.indices, sums.data))
        parts, whole = cells[sign > 0], int(cells[sign < 0][0])
        if not (hidden & asked)[cells].any():
            continue
        if hidden[cells].sum() == 1:
            yield from (_Cut(int(at), _flags(len(hidden), cells[cells != at])) for at in cells[asked[cells]])
        elif not hidden[whole]:
            short = asked[parts] & (problem.width[parts] * (1 - _SLACK) > fall[parts] @ hidden[parts])
            yield from (_falls(int(at), parts, whole, fall / problem.width[at]) for at in parts[short & hidden[parts]])


def _falls(at: int, parts: NDArray[np.int32], whole: int, fall: Floats) -> _Cut:
    weight = _flags(len(fall), [whole])
    weight[parts] = fall[parts]
    return _cut(at, weight)


def _flags(cells: int, at: Sequence[int] | NDArray[np.int32]) -> Floats:
    flags = np.zeros(cells)
    flags[at] = 1.0
    return flags


def _attacked(problem: Problem, hidden: Flags, wanted: Flags) -> list[_Cut]:
    """Attack each hidden cell, and say what would have to be hidden for those that are not safe."""
    problem.seen[:] = problem.values
    asked = wanted & problem.inside & (problem.width > 0)
    if not asked.any():
        return []
    _move_many(problem, hidden, asked)
    left = [int(at) for at in np.flatnonzero(asked) if not far_apart(problem, int(at))]
    groups = _groups(problem.system, hidden) if left else hidden
    return [each for at in left for each in _one(problem, hidden & (groups == groups[at]), at)]


def _groups(system: System, hidden: Flags) -> NDArray[np.int32]:
    """Number the hidden cells that hang together, link by link; no others bear on one."""
    links = abs(system.sums) @ diags_array(hidden.astype(float))
    return connected_components(links.T @ links, directed=False)[1]


def _move_many(problem: Problem, hidden: Flags, asked: Flags) -> None:
    """Move many cells at once, up or down as a coin falls: most are found to be safe without a search of their own."""
    coin = np.random.default_rng(0)
    need = max(problem.width[asked].max(initial=0.0), problem.up[asked].max(initial=0.0))
    down = _down(problem, need)
    for _ in range(_COINS):
        left = np.array([flag and not far_apart(problem, at) for at, flag in enumerate(asked)])
        if not left.any():
            return
        goal = np.where(left, coin.choice([-1.0, 1.0], len(left)), 0.0)
        for sign in (1.0, -1.0):
            _see(problem, _furthest(problem.system, hidden, sign * goal, down)[0] * need)


def _one(problem: Problem, hidden: Flags, at: int) -> Iterator[_Cut]:
    """Move one cell up and down, and say what would have to be hidden if that is not enough."""
    width, up = float(problem.width[at]), float(problem.up[at])
    need, goal = max(width, up), np.zeros(len(hidden))
    goal[at] = 1.0
    down = _down(problem, need)
    moved = [_furthest(problem.system, hidden, sign * goal, down) for sign in (1.0, -1.0)]
    for move, _ in moved:
        _see(problem, move * need)
    if far_apart(problem, at):
        return
    above, below = (weight * need for _, weight in moved)
    ends = np.array([move[at] * need for move, _ in moved])
    if ends[0] - ends[1] < width * (1 - _SLACK):
        yield _cut(at, (above + below) / width)
    if ends[0] < up * (1 - _SLACK):
        yield _cut(at, above / up)


def _down(problem: Problem, need: float) -> Floats:
    """Return how far each cell may move down, in units of what is needed; twice that is enough of a move."""
    return np.where(problem.inside, np.minimum((problem.values - problem.low) / need, _REACH), 0.0)


def _see(problem: Problem, move: Floats) -> None:
    """Keep a table that adds up; where cells are whole, one that is not is of no use."""
    table = problem.values + move
    if problem.whole:
        table = np.where(problem.system.joint, table, np.round(table))
        if np.abs(table - problem.values - move).max() > _SLACK or np.abs(problem.system.sums @ table).max() > _HALF:
            return
    np.minimum(problem.seen[0], table, out=problem.seen[0])
    np.maximum(problem.seen[1], table, out=problem.seen[1])


def far_apart(problem: Problem, at: int) -> bool:
    """Tell whether tables were seen in which a cell is as uncertain as it is to be."""
    least, most = problem.seen[:, at]
    slack = _SLACK * max(1.0, float(problem.width[at]))
    above = most - float(problem.values[at])
    return bool(most - least >= problem.width[at] - slack and above >= problem.up[at] - slack)


def _cut(at: int, weight: Floats) -> _Cut:
    weight = np.where(weight < _SLACK, 0.0, np.minimum(weight, 1.0))
    own, weight[at] = weight[at], 0.0
    return _Cut(at, np.minimum(weight / max(1.0 - own, _SLACK), 1.0))


def _furthest(system: System, hidden: Flags, goal: Floats, down: Floats) -> tuple[Floats, Floats]:
    """Return how all cells move when some move as far as they can, and what each cell, if hidden, adds to that.

    Args:
        system: The equations.
        hidden: What may move.
        goal: Which cells are to move, and which way: 1 up, -1 down.
        down: How far each may move down; all may move up by the reach.
    """
    free = np.flatnonzero(hidden)
    rows = np.unique(system.sums[:, free].nonzero()[0])
    part = system.sums[rows]
    bounds = np.column_stack([-down[free], np.full(len(free), _REACH)])
    found = linprog(-goal[free], A_eq=part[:, free], b_eq=np.zeros(len(rows)), bounds=bounds, method="highs")
    move = np.zeros(len(hidden))
    move[free] = found.x
    reduced: Floats = -goal - part.T @ found.eqlin.marginals
    return move, np.maximum(reduced, 0.0) * down + np.maximum(-reduced, 0.0) * _REACH
