"""What a trial's page says, section by section: each function takes what is known and returns words or a table."""

from frikommune.sections.background import facts, in_short
from frikommune.sections.closing import limits, recommendations, sources, synthetic
from frikommune.sections.followed import (
    answers_of,
    finished_box,
    followed_curves,
    followed_definitions,
    followed_design,
    followed_effects,
    followed_exits,
    followed_hazards,
    followed_limits,
    followed_placebos,
    followed_short,
)
from frikommune.sections.published import Ledger, contradicted, published
from frikommune.sections.savings import (
    published_savings_net,
    savings_gap,
    savings_inputs,
    savings_net,
    savings_published,
    savings_swings,
)
from frikommune.sections.series import (
    method,
    network_methods,
    network_table,
    reading,
    reading_network,
    trial_methods,
    trial_table,
)

__all__ = [
    "Ledger",
    "answers_of",
    "contradicted",
    "facts",
    "finished_box",
    "followed_curves",
    "followed_definitions",
    "followed_design",
    "followed_effects",
    "followed_exits",
    "followed_hazards",
    "followed_limits",
    "followed_placebos",
    "followed_short",
    "in_short",
    "limits",
    "method",
    "network_methods",
    "network_table",
    "published",
    "published_savings_net",
    "reading",
    "reading_network",
    "recommendations",
    "savings_gap",
    "savings_inputs",
    "savings_net",
    "savings_published",
    "savings_swings",
    "sources",
    "synthetic",
    "trial_methods",
    "trial_table",
]
