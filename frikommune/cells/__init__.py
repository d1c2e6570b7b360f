"""The one pass: a register becomes sums by municipality and period; no row of a person goes further."""

from frikommune.cells.asking import NO_CACHE
from frikommune.cells.atrisk import RiskTable
from frikommune.cells.counting import cells
from frikommune.cells.noun import Cells, Counted, combined
from frikommune.cells.products import CrossProducts, cross_products
from frikommune.cells.risk import risk_table

__all__ = [
    "NO_CACHE",
    "Cells",
    "Counted",
    "CrossProducts",
    "RiskTable",
    "cells",
    "combined",
    "cross_products",
    "risk_table",
]
