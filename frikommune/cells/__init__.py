"""The one pass: a register becomes sums by municipality and period; no row of a person goes further."""

from frikommune.cells.counting import cells
from frikommune.cells.noun import Cells, Counted, combined


__all__ = ["Cells", "Counted", "cells", "combined"]
