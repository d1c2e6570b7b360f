"""One cheap pass over a table that tells what need not be looked at more closely."""

from dataclasses import dataclass

from ibis.expr.types import BooleanColumn, Table

from frikommune.disclosure import SHORTEST, searchable

_BATCH = 100  # columns a query


@dataclass(frozen=True, slots=True)
class Profile:
    """What one pass found.

    Attributes:
        rows: Rows of the table.
        long: Columns with a value long enough to hold a person key.
        marked: Columns of text with a comma or dot in a value.
    """

    rows: int
    long: tuple[str, ...]
    marked: tuple[str, ...]


def profile(table: Table) -> Profile:
    """Count the rows of a table, and find its columns of long values and of values with a comma or dot."""
    rows, long, marked = 0, [], []
    for start in range(0, len(table.columns), _BATCH):
        some = table.columns[start : start + _BATCH]
        measures = [table.count().name("rows")]
        for n, each in enumerate(some):
            text = searchable(table[each])
            if text is not None:
                measures += [(text.length() >= SHORTEST).any().name(f"long{n}")]
            if table[each].type().is_string():
                measures += [_marked(table, each).any().name(f"marked{n}")]
        row = table.aggregate(measures).to_pyarrow().to_pylist()[0]
        rows = int(row["rows"])
        long += [each for n, each in enumerate(some) if row.get(f"long{n}")]
        marked += [each for n, each in enumerate(some) if row.get(f"marked{n}")]
    return Profile(rows, tuple(long), tuple(marked))


def _marked(table: Table, column: str) -> BooleanColumn:
    return table[column].contains(",") | table[column].contains(".")
