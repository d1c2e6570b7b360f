"""The data dictionary, and an empty template of every table, from the contracts."""

import csv
import io
from collections.abc import Iterable, Sequence

import pandas as pd

from frikommune.schema.nouns import Column, Contract, contracts

_HEADINGS = ("table", "column", "type", "required", "key", "unit", "values", "da", "en")
_WORDS = {
    "text": "text",
    "integer": "whole number",
    "number": "number",
    "date": "date",
    "period": "period (2019, 2019Q1, 2019M03)",
    "boolean": "1 or 0",
    "municipality_code": "municipality code (101-860)",
    "person_key": "person key, never a CPR number",
    "trial": "key of a trial",
}


def dictionary() -> pd.DataFrame:
    """Return the data dictionary: one row a column of a table, in the order of the contracts.

    Returns:
        Columns table, column, type, required, key, unit, values (the range or the values allowed), da, en.
    """
    rows = [_row(each, column) for each in contracts().values() for column in each.columns]
    return pd.DataFrame(rows, columns=list(_HEADINGS))


def dictionary_csv() -> str:
    """Return the data dictionary as a CSV file that Danish Excel opens: `;`, and a byte-order mark."""
    return _csv([_HEADINGS, *dictionary().itertuples(index=False)])


def dictionary_markdown() -> str:
    """Return the data dictionary as Markdown, a table for each table of a data room, with its rules."""
    return "\n".join(["# Data dictionary", "", *(line for each in contracts().values() for line in _section(each))])


def template(contract: Contract) -> str:
    """Return an empty table as a CSV file that Danish Excel opens: its heading, `;`, and a byte-order mark."""
    return _csv([contract.names])


def _row(contract: Contract, column: Column) -> tuple[str, ...]:
    return (
        contract.table,
        column.name,
        _WORDS[column.type],
        "yes" if column.required else "no",
        "yes" if column.name in contract.keys else "no",
        column.unit_en,
        _values(column),
        column.da,
        column.en,
    )


def _values(column: Column) -> str:
    parts = [
        f"at least {column.least:g}" if column.least is not None else "",
        f"at most {column.greatest:g}" if column.greatest is not None else "",
        f"from {column.earliest}" if column.earliest is not None else "",
        {"Y": "years", "Q": "quarters", "M": "months"}.get(column.frequency or "", ""),
        ", ".join(column.allowed),
    ]
    return "; ".join(part for part in parts if part)


def _section(contract: Contract) -> list[str]:
    headings = _HEADINGS[1:]
    rules = [f"- Never {each.en}. / Aldrig: {each.da}." for each in contract.rules]
    if contract.never_overlapping:
        rules.append(f"- Never overlapping days of the same {' and '.join(contract.never_overlapping)}.")
    return [
        f"## {contract.table}",
        "",
        f"A row is {contract.row_en}. / En række er {contract.row_da}. Key: {', '.join(contract.keys)}.",
        "",
        _line(headings),
        _line(["---"] * len(headings)),
        *(_line(_row(contract, column)[1:]) for column in contract.columns),
        "",
        *([*rules, ""] if rules else []),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return "\ufeff" + text.getvalue()
