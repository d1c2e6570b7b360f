"""Tables of a database server, copied to the engine in a stream of rows."""

from collections.abc import Iterator

import pyarrow as pa
from ibis.expr.types import Table

from frikommune.sources.workspace import kept_batches

_ROWS = 50_000  # in a batch


def local(table: Table) -> Table:
    """Return a table where the engine is: one of a server is copied, one that is here already stays as it is."""
    if table.get_backend().name == "duckdb":
        return table
    return kept_batches(table.schema().to_pyarrow(), batches(table))


def batches(table: Table) -> Iterator[pa.Table]:
    """Return the rows of a table of a PostgreSQL server, so many at a time."""
    backend, schema = table.get_backend(), table.schema().to_pyarrow()
    # A cursor with a name stays on the server, which sends as many rows as are asked for.
    with backend.con.transaction(), backend.con.cursor(name="frikommune") as cursor:
        cursor.execute(backend.compile(table))
        while rows := cursor.fetchmany(_ROWS):
            columns = zip(*rows, strict=True)
            yield pa.table(
                [pa.array(each, field.type) for each, field in zip(columns, schema, strict=True)], schema=schema
            )
