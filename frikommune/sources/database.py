"""Tables in a database, by URL; user, password and options of the URL go to the database and nowhere else."""

import weakref
from pathlib import Path
from urllib.parse import unquote, urlsplit

import ibis
import psycopg
from ibis.backends.postgres import Backend
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.sources.columnar import chosen
from frikommune.sources.columns import Read, Unreachable, check_names
from frikommune.sources.copying import batches
from frikommune.sources.intake import Intake
from frikommune.sources.workspace import kept_batches

_POSTGRES, _DUCKDB = ("postgres", "postgresql"), "duckdb"
_TABLES = (
    "SELECT table_schema, table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
)


def is_url(path: str) -> bool:
    """Tell whether something is a URL, and no path."""
    return "://" in path


def file_of(url: str) -> Path | None:
    """Return the file that a `duckdb://` URL names; for any other database nothing.

    Raises:
        BadData: The kind of database is not one that can be read.
    """
    scheme = url.split("://", maxsplit=1)[0].lower()
    if scheme == _DUCKDB:
        return Path(unquote(url.split("://", maxsplit=1)[1].split("?", maxsplit=1)[0]))
    if scheme not in _POSTGRES:
        raise BadData(
            f"No table can be read from a {scheme}:// URL: postgres:// and duckdb:// work, and paths of files."
        )
    return None


def public(url: str) -> str:
    """Return a URL without user, password and options."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", maxsplit=1)[-1]
    return f"{parts.scheme}://{host}{parts.path}"


def read_database(url: str, table: str | None, intake: Intake) -> Read:
    """Read a table of a PostgreSQL database where it lies; one with keys to hash is copied in a stream.

    Args:
        url: `postgres://user:password@host:port/database`.
        table: `name` or `schema.name`; without, the only table there is.
        intake: What to do with keys.

    Raises:
        Unreachable: The server does not answer or does not let us in.
        AbsentTable: There is no such table.
        BadData: There are several tables and none was asked for, or a name stands twice in it.
    """
    where = public(url)
    backend = _connected(url, where)
    with backend.con.cursor() as cursor:
        found = cursor.execute(_TABLES).fetchall()
    schema, name = chosen(found, table, where, "public")
    source = backend.table(name, database=schema)
    check_names(source.columns, where)
    intake.check(source.columns, where)
    if intake.hashed:
        source = _copied(source, intake)
    return Read(source, (f"table {schema}.{name}",))


def _connected(url: str, where: str) -> Backend:
    try:
        backend: Backend = ibis.connect(url)
    except (psycopg.Error, OSError, ValueError, UnicodeError):
        # The driver's message may repeat the whole URL.
        raise Unreachable(
            f"{where} could not be opened: is the server there, and are user and password right?"
        ) from None
    # The connection lives as long as any expression on it.
    weakref.finalize(backend, backend.con.close)
    return backend


def _copied(source: Table, intake: Intake) -> Table:
    schema = intake.schema(source.schema().to_pyarrow())
    return kept_batches(schema, (intake.batch(each) for each in batches(source)))
