"""From the formats that evaluators are given to the tables of the data room, column by column."""

from frikommune.records.cases import CaseMapping, Cases, cases, read_case_mapping
from frikommune.records.figures import Municipal
from frikommune.records.jobindsats import json_table
from frikommune.records.jobindsats import municipal as jobindsats_municipal
from frikommune.records.statbank import municipal

__all__ = [
    "CaseMapping",
    "Cases",
    "Municipal",
    "cases",
    "jobindsats_municipal",
    "json_table",
    "municipal",
    "read_case_mapping",
]
