"""The only reader: a file becomes an Ibis table with its provenance. Nothing is interpreted here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
from ibis.expr.types import Table

from frikommune.errors import BadData

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a table came from.

    Attributes:
        name: File name, without its folder.
        sha256: Digest of the bytes read.
        rows: Rows read.
        columns: Names of the columns, in order.
    """

    name: str
    sha256: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """A table as it stands in its file, every value still text.

    Attributes:
        table: The table, lazily.
        provenance: Where it came from.
    """

    table: Table
    provenance: Provenance

    def __repr__(self) -> str:
        return f"Source {self.provenance.name}: {self.provenance.rows} rows x {len(self.provenance.columns)} columns"


def read(path: Path | str, *, table: str | None = None) -> Source:
    """Read a CSV file as text, whatever its delimiter, with or without a byte-order mark; or a typed table.

    Args:
        path: A file: .csv, .parquet or .duckdb.
        table: Name of the table in a DuckDB file.

    Raises:
        BadData: There is no such file or table, it is no table, or a row has more or fewer values than the heading.
    """
    path = Path(path)
    if not path.is_file():
        raise BadData(f"There is no file {path.name} in {path.parent}.")
    try:
        found = _table(path, table)
        rows = int(found.count().to_pyarrow().as_py())
    except duckdb.Error as fault:
        reason = str(fault).splitlines()[0]
        raise BadData(f"{path.name} cannot be read as a table: {reason}") from fault
    return Source(found, Provenance(path.name, _digest(path), rows, tuple(found.columns)))


def _table(path: Path, table: str | None) -> Table:
    if path.suffix.lower() == ".duckdb":
        engine = ibis.duckdb.connect(path, read_only=True)
        names = [name for (name,) in engine.con.execute("SHOW TABLES").fetchall()]
        if table not in names:
            raise BadData(f"{path.name} has no table {table}: there are {', '.join(names) or 'none'}.")
        return engine.table(table)
    engine = ibis.duckdb.connect()
    if path.suffix.lower() == ".parquet":
        return engine.read_parquet(str(path))
    return engine.read_csv(str(path), all_varchar=True, header=True)


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder, by name.

    Raises:
        BadData: There is no such folder.
    """
    if not folder.is_dir():
        raise BadData(f"There is no folder {folder}: --data takes a folder with the tables of a data room.")
    return tuple(sorted(each for each in folder.iterdir() if each.is_file()))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
