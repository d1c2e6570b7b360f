"""What each table must contain: columns, types, units, ranges; one message per fault."""

from frikommune.schema.examining import Examined, examine, plain_name
from frikommune.schema.faults import Fault
from frikommune.schema.lines import numbered
from frikommune.schema.nouns import Column, Contract, Order, contract, contracts
from frikommune.schema.official import MUNICIPAL, Indicator, indicator, indicators
from frikommune.schema.withholding import refuse, withhold
from frikommune.schema.words import dictionary, dictionary_csv, dictionary_markdown, template

__all__ = [
    "MUNICIPAL",
    "Column",
    "Contract",
    "Examined",
    "Fault",
    "Indicator",
    "Order",
    "contract",
    "contracts",
    "dictionary",
    "dictionary_csv",
    "dictionary_markdown",
    "examine",
    "indicator",
    "indicators",
    "numbered",
    "plain_name",
    "refuse",
    "template",
    "withhold",
]
