"""The use of the waivers by trial, municipality and quarter, counted from the register's own spells."""

import numpy as np
import pandas as pd

from frikommune.demo.draws import Ints
from frikommune.demo.people import People
from frikommune.demo.plans import plans
from frikommune.demo.spells import Spells
from frikommune.demo.weeks import BEGINS, END_MONTH, FIRST_MONTH
from frikommune.demo.world import World

_QUARTERS = (END_MONTH - FIRST_MONTH) // 3


def no_uptake(about: World) -> Ints:
    """Return a table of noughts to count into: [trials x 98 x quarters x (could, used)]."""
    return np.zeros((*about.adopted.shape, _QUARTERS, 2), dtype=np.int64)


def count_uptake(counts: Ints, persons: People, spells: Spells) -> None:
    """Add the spells of some persons to a table made by `no_uptake`."""
    some = spells.take(spells.could > 0)
    where, quarter = persons.where[some.who], (BEGINS[some.start] - FIRST_MONTH) // 3
    for trial in range(len(counts)):
        for at, bits in enumerate((some.could, some.used)):
            of_it = (bits >> trial) & 1 == 1
            np.add.at(counts, (trial, where[of_it], quarter[of_it], at), 1)


def uptake_table(about: World, counts: Ints) -> pd.DataFrame:
    """Return the counts in the columns of the contract `uptake`, noughts included, from the quarter of the start on."""
    codes = about.country.codes
    rows = []
    for trial, plan in enumerate(plans()):
        for where in np.flatnonzero(about.adopted[trial] < about.ended[trial]):
            first, last = (BEGINS[week] for week in (about.adopted[trial, where], about.ended[trial] - 1))
            for quarter in range((first - FIRST_MONTH) // 3, (last - FIRST_MONTH) // 3 + 1):
                could, used = counts[trial, where, quarter]
                label = f"{2014 + quarter // 4}Q{quarter % 4 + 1}"
                rows.append((plan.key, int(codes[where]), label, int(could), int(used)))
    return pd.DataFrame(rows, columns=["trial", "kommune_kode", "period", "eligible", "used"])
