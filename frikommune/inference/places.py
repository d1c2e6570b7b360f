"""Where the units of a panel lie: who borders whom, by land, fixed link or ferry, and in which province."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frikommune.estimate import Ints
from frikommune.municipalities import municipalities


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Places:
    """Where units lie.

    Attributes:
        touching: Who borders whom, or is linked by ferry [units x units].
        province: Which province each lies in, as a position in `names` [units].
        names: Names of the provinces.
    """

    touching: NDArray[np.bool_]
    province: Ints
    names: tuple[str, ...]


@lru_cache(maxsize=64)
def places(units: tuple[Any, ...]) -> Places | None:
    """Return where units lie, when all of them are codes of municipalities; otherwise none.

    Args:
        units: Names of the units, in the panel's order.
    """
    known = municipalities()
    if not all(unit in known for unit in units):
        return None
    linked = [known[unit].neighbours | known[unit].ferries for unit in units]
    one_way = np.array([[other in links for other in units] for links in linked])
    names = tuple(sorted({each.province for each in known.values()}))
    province = np.array([names.index(known[unit].province) for unit in units])
    return Places(one_way | one_way.T, province, names)


def together(where: Places, rows: Ints) -> bool:
    """Tell whether units may share regional shocks: two of them border each other or lie in one province."""
    shared = np.unique(where.province[rows]).size < rows.size
    return bool(shared or where.touching[np.ix_(rows, rows)].any())
