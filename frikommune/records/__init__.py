"""From the formats that evaluators are given to the tables of the data room, column by column."""

from frikommune.records.bfl import BflMonths, bfl_months
from frikommune.records.dream import (
    CALENDAR_MONTH,
    CONSECUTIVE,
    FIVE_WEEK_MINIMUM,
    FOUR_WEEKS,
    DreamMonths,
    DreamSpells,
    GapRule,
    dream_codes,
    dream_months,
    dream_spells,
)
from frikommune.records.statbank import Municipal, municipal

__all__ = [
    "CALENDAR_MONTH",
    "CONSECUTIVE",
    "FIVE_WEEK_MINIMUM",
    "FOUR_WEEKS",
    "BflMonths",
    "DreamMonths",
    "DreamSpells",
    "GapRule",
    "Municipal",
    "bfl_months",
    "dream_codes",
    "dream_months",
    "dream_spells",
    "municipal",
]
