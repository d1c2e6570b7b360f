"""What each table must contain: columns, types, units, ranges; one message per fault."""

from frikommune.schema.contract import Column, Contract, Order, contract, contracts
from frikommune.schema.dictionary import dictionary, dictionary_csv, dictionary_markdown, template
from frikommune.schema.examining import Examined, examine, withhold
from frikommune.schema.faults import Fault
from frikommune.schema.indicators import MUNICIPAL, Indicator, indicator, indicators

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
    "template",
    "withhold",
]
