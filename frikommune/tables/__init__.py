"""Tables for a page and for a workbook: caption, scoped headings, units and notes, for the ear as well as the eye."""

from frikommune.tables.page import PACKED, Table, counts, described, packed, unpacked
from frikommune.tables.workbook import timeless, workbook

__all__ = ["PACKED", "Table", "counts", "described", "packed", "timeless", "unpacked", "workbook"]
