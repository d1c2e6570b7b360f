"""Attacks what was released, with nothing but what is shown: between which values must each hidden cell lie?"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from frikommune.disclosure.nouns import TOTAL, Key, Released, Rule
from frikommune.disclosure.rings import Part, joints_of
from frikommune.disclosure.system import Cell, Floats, System, extremes, many_extremes, system_of
from frikommune.errors import BadData

_COINS = 8  # turns
_NOTHING = 1e-6  # a sum that spans less is known to be 0: what the solver leaves open


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A released table as a page shows it: all that an attacker has.

    Attributes:
        name: Short name of the table.
        of: Who is counted.
        rule: The rule that was applied; it is printed.
        dimensions: Names of its dimensions.
        rows: Category of each dimension, `*` for all of it [cells and totals x dimensions].
        n: Persons, nothing where hidden [cells and totals].
        sums: Sums, nothing where hidden [cells and totals]; none for a table of counts alone.
        summed: What is summed; empty for a table of counts alone.
    """

    name: str
    of: str
    rule: Rule
    dimensions: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n: tuple[int | None, ...]
    sums: tuple[float | None, ...] | None = None
    summed: str = ""

    def __repr__(self) -> str:
        return f"Shown {self.name}: {len(self.n)} cells of {self.of}, {self.n.count(None)} hidden"

    @property
    def keys(self) -> list[Key]:
        """The cell of each row."""
        pairs = [zip(self.dimensions, row, strict=True) for row in self.rows]
        return [frozenset(pair for pair in each if pair[1] != TOTAL) for each in pairs]

    @property
    def text(self) -> str:
        """The table as JSON, as a page carries it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Pinned:
    """Hidden cells of a table that can be worked out too closely.

    Attributes:
        table: Short name of the table.
        what: "persons" or "sums".
        cells: How many.
    """

    table: str
    what: str
    cells: int


def shown(released: Released) -> Shown:
    """Return what a page shows of a released table."""
    index = released.n.index
    rows = index if index.nlevels > 1 else [(each,) for each in index]
    return Shown(
        released.name,
        released.of,
        released.rule,
        tuple(map(str, index.names)),
        tuple(tuple(map(str, row)) for row in rows),
        tuple(None if each is None else int(each) for each in _plain(released.n)),
        None if released.sums is None else tuple(_plain(released.sums)),
        released.summed,
    )


def read_shown(text: str) -> Shown:
    """Read a table as a page carries it.

    Raises:
        BadData: It is not as a page carries it.
    """
    try:
        return TypeAdapter(Shown).validate_json(text)
    except ValidationError as fault:
        raise BadData("A page carries a table that is not as release wrote it: make the page again.") from fault


def audit(tables: Sequence[Released | Shown]) -> tuple[Pinned, ...]:
    """Attack tables that are shown together, and say which of their hidden cells are known too closely.

    The attacker knows every cell shown, that totals are the sums of their parts, that tables of the same persons agree,
    that persons are whole, and that no hidden cell is zero. A hidden count is safe when what it can be spans at
    least the threshold; a hidden sum, when it spans p per cent of the least that it can be, and is not known to be 0.
    Behind tables in a ring (a x b, a x c, b x c) lies one joint table, and the attacker knows that too, unless it is so
    large that `pairwise` names it.

    Args:
        tables: What is shown together, such as all of one page or folder.

    Returns:
        One entry a table and quantity with cells that are not safe; none when all are.

    References:
        Hundepool et al., Statistical Disclosure Control (2012), section 4.3.1.
    """
    plain = [shown(each) if isinstance(each, Released) else each for each in tables]
    if not plain:
        return ()
    found = _attack(plain, "persons")
    for group in _summed(plain):
        found += _attack(group, "sums")
    return tuple(found)


def pairwise(tables: Sequence[Released | Shown]) -> tuple[str, ...]:
    """Say who is counted in tables that stand in a ring too large for its joint table: they were attacked without it.

    Args:
        tables: What is shown together.
    """
    return tuple(joints_of(_parts([shown(each) if isinstance(each, Released) else each for each in tables]))[1])


def _parts(tables: Sequence[Shown]) -> list[Part]:
    return [(each.of, [key for key in each.keys if len(key) == len(each.dimensions)]) for each in tables]


def _summed(tables: Sequence[Shown]) -> list[list[Shown]]:
    """Return the tables of sums, those together that sum the same over the same persons."""
    groups: dict[tuple[str, str], list[Shown]] = {}
    for each in tables:
        if each.sums is not None:
            groups.setdefault((each.of, each.summed or f"only {each.name}"), []).append(each)
    return list(groups.values())


def _plain(column: Any) -> list[Any]:  # noqa: ANN401 - a column of any nullable type
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _attack(tables: Sequence[Shown], what: str) -> list[Pinned]:
    parts = _parts(tables)
    system = system_of(parts, joints_of(parts)[0])
    place, whole = system.place, what == "persons"
    low, high = _bounds(system, tables, what)
    wanted = [_hidden(each, place, what) for each in tables]
    seen = _seen_at_once(system, low, high, list(zip(tables, wanted, strict=True)), whole=whole)
    found: list[Pinned] = []
    for each, cells in zip(tables, wanted, strict=True):
        close = 0
        for at in cells:
            if _too_close(seen[:, at], each.rule, whole=whole):
                ends = extremes(system, low, high, at, whole=whole)
                seen = np.array([np.fmin(seen[0], ends.min(axis=0)), np.fmax(seen[1], ends.max(axis=0))])
                close += _too_close(seen[:, at], each.rule, whole=whole)
        found += [Pinned(each.name, what, close)] if close else []
    return found


def _hidden(each: Shown, place: dict[Cell, int], what: str) -> list[int]:
    return [place[each.of, key] for key, value in zip(each.keys, _values(each, what), strict=True) if value is None]


def _seen_at_once(
    system: System, low: Floats, high: Floats, wanted: Sequence[tuple[Shown, list[int]]], *, whole: bool
) -> Floats:
    """Move many cells at once, up or down as a coin falls: most need no search of their own then."""
    coin, seen = np.random.default_rng(0), np.array([np.full(len(low), np.inf), np.full(len(low), -np.inf)])
    for _ in range(_COINS):
        left = [at for each, cells in wanted for at in cells if _too_close(seen[:, at], each.rule, whole=whole)]
        if not left:
            break
        goal = np.zeros(len(low))
        goal[left] = coin.choice([-1.0, 1.0], len(left))
        for sign in (1.0, -1.0):
            table = many_extremes(system, low, high, sign * goal, whole=whole)
            seen = np.array([np.minimum(seen[0], table), np.maximum(seen[1], table)])
    return seen


def _values(each: Shown, what: str) -> Sequence[float | None]:
    return each.n if what == "persons" else each.sums or ()


def _bounds(system: System, known: Sequence[Shown], what: str) -> tuple[Floats, Floats]:
    """Return between which values each cell is seen to lie; a total that no table shows can be anything."""
    low, high = np.zeros(len(system.cells)), np.full(len(system.cells), np.inf)
    place = system.place
    for each in known:
        half = each.rule.rounding / 2 if what == "persons" else 0.0
        for key, value in zip(each.keys, _values(each, what), strict=True):
            at = place[each.of, key]
            if value is None:
                low[at] = max(low[at], 1.0 if what == "persons" else 0.0)
            else:
                least = max(value - half, float(each.rule.threshold)) if half else value
                low[at] = max(low[at], least if value else 0.0)
                high[at] = min(high[at], value + half if value else 0.0)
    return low, high


def _too_close(ends: Floats, rule: Rule, *, whole: bool) -> bool:
    """Tell whether a cell is known too closely, by the least and most seen of it; none are seen at first."""
    if not np.isfinite(ends).all():
        return True
    needed = float(rule.threshold) if whole else max(rule.p_percent / 100 * float(ends[0]), _NOTHING)
    return bool(ends[1] - ends[0] < needed * (1 - 1e-6))
