"""DREAM, the Danish register of weekly benefits, to the tables `spells` and `months`."""

from frikommune.records.dream.codes import CodeTable, DreamCode, dream_codes
from frikommune.records.dream.gaps import CALENDAR_MONTH, CONSECUTIVE, FIVE_WEEK_MINIMUM, FOUR_WEEKS, GapRule
from frikommune.records.dream.months import DreamMonths, dream_months
from frikommune.records.dream.spells import DreamSpells, dream_spells

__all__ = [
    "CALENDAR_MONTH",
    "CONSECUTIVE",
    "FIVE_WEEK_MINIMUM",
    "FOUR_WEEKS",
    "CodeTable",
    "DreamCode",
    "DreamMonths",
    "DreamSpells",
    "GapRule",
    "dream_codes",
    "dream_months",
    "dream_spells",
]
