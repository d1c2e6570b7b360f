"""What checks of a whole path share: the points that one base and one set of units stand behind."""

import numpy as np

from frikommune.compare import Path
from frikommune.errors import BadDesign
from frikommune.estimate import Ints


def check_base(path: Path) -> None:
    """Refuse a path that is not measured from the last period before.

    Raises:
        BadDesign: Its base is the mean of all periods before, so that its deviations cancel.
    """
    if path.design.base != "last":
        raise BadDesign('The path is measured from the mean of all periods before: make it with base="last".')


def points_before(path: Path) -> Ints:
    """Return which points stand before the start and any anticipation [positions].

    Raises:
        BadDesign: There are none.
    """
    before = np.flatnonzero(path.since < -path.design.anticipation)
    if not before.size:
        raise BadDesign("The path has one period before the start, its base: at least two are needed to see a drift.")
    return before
