"""Which tables a database holds."""

from pathlib import Path

import duckdb
import ibis
import psycopg

from frikommune.errors import BadData
from frikommune.sources.database import file_of, is_url
from frikommune.sources.workspace import brief_attachment, engine

_DUCKDB = (
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 AND NOT internal "
    "UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1 AND NOT internal"
)
_POSTGRES = (
    "SELECT table_schema, table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
)
_USUAL = ("main", "public")


def tables_in(place: str) -> tuple[str, ...]:
    """Return the names of the tables and views of a database, with their schema where it is not the usual one.

    Args:
        place: A DuckDB file, or the URL of a database.

    Returns:
        The names in order; none when it cannot be opened, which the reader of its tables says.
    """
    try:
        file = file_of(place) if is_url(place) else Path(place)
        found = _of_server(place) if file is None else _of_file(file)
    except (BadData, duckdb.Error, psycopg.Error, OSError, ValueError):
        return ()
    return tuple(sorted(name if schema in _USUAL else f"{schema}.{name}" for schema, name in found))


def _of_file(file: Path) -> list[tuple[str, str]]:
    if not file.is_file():
        return []
    with brief_attachment(file) as catalog:
        return engine().con.execute(_DUCKDB, [catalog]).fetchall()


def _of_server(url: str) -> list[tuple[str, str]]:
    backend = ibis.connect(url)
    try:
        with backend.con.cursor() as cursor:
            return cursor.execute(_POSTGRES).fetchall()
    finally:
        backend.con.close()
