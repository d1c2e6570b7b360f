"""What may leave the house, and what may enter it.

At intake CPR numbers are recognised and person keys hidden; on the way out tables are released and audited.
"""

from frikommune.disclosure.attack import Pinned, Shown, audit, pairwise, read_shown, shown
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
from frikommune.disclosure.dominance import too_dominant
from frikommune.disclosure.keys import ENVIRONMENT, Secret, keyed, secret
from frikommune.disclosure.nouns import TOTAL, Counts, Released, Rule, require_released, shares
from frikommune.disclosure.patterns import SHORTEST, holds_cpr
from frikommune.disclosure.releasing import release, release_together
from frikommune.disclosure.steps import ReleasedCurve, release_curve

__all__ = [
    "ENVIRONMENT",
    "MARK",
    "SHORTEST",
    "TOTAL",
    "Counts",
    "Found",
    "Pinned",
    "Released",
    "ReleasedCurve",
    "Rule",
    "Secret",
    "Shown",
    "audit",
    "cpr_columns",
    "cpr_found",
    "cpr_keys",
    "holds_cpr",
    "keyed",
    "pairwise",
    "read_shown",
    "release",
    "release_curve",
    "release_together",
    "require_released",
    "searchable",
    "secret",
    "shares",
    "shown",
    "sure",
    "too_dominant",
    "without_cpr",
]
