"""Where the units of a panel lie: who borders whom, by land, fixed link or ferry, and in which province."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frikommune.errors import BadDesign
from frikommune.estimate import Ints
from frikommune.municipalities import municipalities
from frikommune.panel import Panel


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


def within_province(panel: Panel) -> Panel:
    """Return the treated units and those comparison units that lie in a province with treated ones.

    A comparison within the province shares its shocks, so that they cancel: where it is possible it needs no
    assumption about how far provinces drift apart by themselves.

    Args:
        panel: Units that are codes of municipalities.

    Raises:
        BadDesign: It is not known where the units lie, or no comparison unit lies in such a province.
    """
    where = places(panel.units)
    if where is None:
        raise BadDesign("The units are no municipality codes: the provinces that they lie in are not known.")
    near = np.isin(where.province, where.province[panel.treated])
    if not (near & ~panel.treated).any():
        raise BadDesign("No comparison unit lies in a province with treated ones: compare with other provinces.")
    return panel.take(near)
