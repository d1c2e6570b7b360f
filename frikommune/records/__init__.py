"""From the formats that evaluators are given to the tables of the data room, column by column."""

from frikommune.records.bfl import BflMonths, bfl_months
from frikommune.records.cases import CaseMapping, Cases, cases, read_case_mapping
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
from frikommune.records.figures import Dash, Municipal
from frikommune.records.jobindsats import Kind, json_table
from frikommune.records.jobindsats import municipal as jobindsats_municipal
from frikommune.records.statbank import extract as statbank_extract
from frikommune.records.statbank import municipal

__all__ = [
    "CALENDAR_MONTH",
    "CONSECUTIVE",
    "FIVE_WEEK_MINIMUM",
    "FOUR_WEEKS",
    "BflMonths",
    "CaseMapping",
    "Cases",
    "Dash",
    "DreamMonths",
    "DreamSpells",
    "GapRule",
    "Kind",
    "Municipal",
    "bfl_months",
    "cases",
    "dream_codes",
    "dream_months",
    "dream_spells",
    "jobindsats_municipal",
    "json_table",
    "municipal",
    "read_case_mapping",
    "statbank_extract",
]
