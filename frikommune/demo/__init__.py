"""A synthetic register whose effects are known, and the official series of the same country.

It stands in where no data room is given, and every page made from it says so.
"""

import pandas as pd

from frikommune.demo.country import Country, country
from frikommune.demo.effects import Effect, load_effects
from frikommune.demo.keeping import kept
from frikommune.demo.mark import MARK, Mark, read_mark
from frikommune.demo.municipal import municipal_table
from frikommune.demo.writing import BESIDE, TRUTH, Written, demo
from frikommune.schema import MUNICIPAL

__all__ = [
    "BESIDE",
    "MARK",
    "TRUTH",
    "Country",
    "Effect",
    "Mark",
    "Written",
    "country",
    "demo",
    "kept",
    "load_effects",
    "municipal",
    "municipal_table",
    "read_mark",
]

_SEED = 1


def municipal() -> pd.DataFrame:
    """Make the official series of the synthetic country of seed 1.

    Returns:
        One row a municipality, period and indicator, in the raw units of the official tables (persons, percent).
    """
    return municipal_table(country(_SEED))[list(MUNICIPAL)]
