"""Tables in a ring, and the joint table that lies behind them."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from math import prod

from frikommune.disclosure.nouns import Key

Part = tuple[str, Sequence[Key]]  # who is counted, and the cells of a table without its totals
LARGEST = 20_000  # cells of a joint table: with more, an attack takes hours


def joints_of(tables: Iterable[Part]) -> tuple[list[Part], list[str]]:
    """Find tables in a ring, such as a x b, a x c and b x c: their margins agree, and yet not every such three exist.

    Whoever attacks them knows that one table a x b x c lies behind all. Tables that are in no ring need no such table:
    where their margins agree, there is one.

    Args:
        tables: Who is counted, and the cells of each table without its totals.

    Returns:
        The joint table of each ring, and who is counted in rings whose joint table has too many cells to be reckoned.

    References:
        Dobra & Fienberg (2000), "Bounds for cell entries in contingency tables given marginal totals and decomposable
        graphs", PNAS 97(22); the test for rings is Graham's reduction.
    """
    parts, joints, large = list(tables), list[Part](), list[str]()
    for of in dict.fromkeys(of for of, _ in parts):
        mine = [_categories(keys) for whose, keys in parts if whose == of]
        for ring in _rings([frozenset(each) for each in mine]):
            lists = {name: _common([each[name] for each in mine if name in each]) for name in sorted(ring)}
            if prod(map(len, lists.values())) > LARGEST:
                large.append(of)
            else:
                pairs = [[(name, each) for each in found] for name, found in lists.items()]
                joints.append((of, [frozenset(each) for each in product(*pairs)]))
    return joints, list(dict.fromkeys(large))


def _categories(keys: Sequence[Key]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for key in keys:
        for name, category in key:
            found.setdefault(name, {})[category] = None
    return found


def _common(lists: Sequence[dict[str, None]]) -> list[str]:
    """Return the categories that every table has: one that another lacks has nobody."""
    return sorted(set.intersection(*map(set, lists)))


def _rings(tables: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return the dimensions of each ring: what is left when dimensions of one table and tables within others go."""
    left, before = set(tables), set[frozenset[str]]()
    while left != before:
        before = left
        shared = {name for one, other in combinations(left, 2) for name in one & other}
        left = {each & shared for each in left} - {frozenset()}
        left = {each for each in left if not any(each < other for other in left)}
    rings: list[frozenset[str]] = []
    for each in left:
        linked = [ring for ring in rings if ring & each]
        rings = [ring for ring in rings if ring not in linked] + [each.union(*linked)]
    return sorted(rings, key=sorted)
