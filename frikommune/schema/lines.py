"""Rows by their number in the file, where some lines of it could not be read as rows."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import Table

from frikommune.schema.faults import SHOWN, Fault

NO_ROW = "no_row"
_RANK, _AFTER, _PASSED = ":rank", ":after", ":passed"  # names that no column of a file should have


def _smallest(values: int, n: int) -> None:
    """Return the n smallest values: DuckDB's own function."""


smallest = ibis.udf.agg.builtin(_smallest, name="min", signature=((dt.int64, dt.int64), dt.Array(dt.int64)))


def numbered(table: Table, aside: Table | None = None) -> Table:
    """Number the rows of a table as they stand in their file: 1 is the first row of data.

    Args:
        table: The rows that could be read, in the order of the file.
        aside: The others, as `Source.aside` has them: `row`, `line` and `reason`.

    Returns:
        The table with a column `row`.
    """
    if aside is None:
        return table.mutate(row=ibis.row_number() + 1)
    ranked = table.mutate(**{_RANK: ibis.row_number() + 1})
    # The i-th line set aside, row a of the file, stands before the row of rank k when a - i < k.
    count = ibis.row_number().over(order_by=aside.row) + 1
    before = aside.select(after=aside.row - count, passed=count)
    before = before.group_by("after").aggregate(passed=before.passed.max())
    before = before.rename({_AFTER: "after", _PASSED: "passed"})
    joined = ranked.asof_join(before, on=ranked[_RANK] > before[_AFTER])
    return joined.select(*table.columns, row=joined[_RANK] + joined[_PASSED].fill_null(0)).view()


def aside_faults(table: str, aside: Table | None) -> tuple[int, tuple[Fault, ...]]:
    """Count the lines set aside, and return one fault for each reason.

    Args:
        table: Name of the table.
        aside: As `numbered` takes it.
    """
    if aside is None:
        return 0, ()
    found = aside.group_by("reason").aggregate(lines=aside.count(), first=smallest(aside.row, SHOWN))
    rows = found.order_by("reason").to_pyarrow().to_pylist()
    faults = (Fault(table, "", NO_ROW, each["lines"], tuple(each["first"]), each["reason"]) for each in rows)
    return sum(each["lines"] for each in rows), tuple(faults)


def with_aside(rejected: Table, aside: Table | None) -> Table:
    """Add the lines set aside to the rejected rows, with their reasons; nothing of what they held is there.

    Args:
        rejected: `row`, `reasons`, and the columns as they stood.
        aside: As `numbered` takes it.
    """
    if aside is None:
        return rejected
    reasons = "line " + aside.line.cast("string") + ": " + aside.reason
    nothing = _nothing(rejected, rejected.columns[2:])
    lines = aside.select(row=aside.row.cast(rejected.row.type()), reasons=reasons).mutate(**nothing)
    return rejected.union(lines)


def _nothing(table: Table, columns: Sequence[str]) -> dict[str, ibis.Value]:
    return {each: ibis.null(table[each].type()) for each in columns}
