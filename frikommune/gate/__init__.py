"""The gate: nothing that must not leave the house is on a page, and what is refused is said without its value.

It is made against accidents: a raw table shown, a printed row, a path in a message. Whoever wants to smuggle a number
out by disguising it can.
"""

from frikommune.gate.finding import Finding, Kind
from frikommune.gate.passing import check_notebook, check_page, findings, notebook_findings
from frikommune.gate.released import LIST, SEALED, folder_tables, page_tables, refuse_other_files, rows_of, write_list

__all__ = [
    "LIST",
    "SEALED",
    "Finding",
    "Kind",
    "check_notebook",
    "check_page",
    "findings",
    "folder_tables",
    "notebook_findings",
    "page_tables",
    "refuse_other_files",
    "rows_of",
    "write_list",
]
