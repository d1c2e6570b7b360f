"""What may leave the house, and what may enter it: CPR numbers are recognised, and person keys hidden, at intake."""

from frikommune.disclosure.cpr import (
    MARK,
    Found,
    cpr_columns,
    cpr_found,
    cpr_keys,
    searchable,
    sure,
    without_cpr,
)
from frikommune.disclosure.keys import ENVIRONMENT, Secret, keyed, secret
from frikommune.disclosure.patterns import SHORTEST, holds_cpr

__all__ = [
    "ENVIRONMENT",
    "MARK",
    "SHORTEST",
    "Found",
    "Secret",
    "cpr_columns",
    "cpr_found",
    "cpr_keys",
    "holds_cpr",
    "keyed",
    "searchable",
    "secret",
    "sure",
    "without_cpr",
]
