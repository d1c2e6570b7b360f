"""A table to be counted where it lies: nothing of it is copied, searched or handed on, only aggregates come out."""

from dataclasses import dataclass
from pathlib import Path

from ibis.expr.types import Table

from frikommune.disclosure import holds_cpr
from frikommune.errors import BadData
from frikommune.sources import excel, statistical, text
from frikommune.sources.columnar import DUCKDB, FEATHER, PARQUET, duckdb_table, parquet_view
from frikommune.sources.columns import refuse_table
from frikommune.sources.database import file_of, is_url, public, read_database
from frikommune.sources.intake import Intake
from frikommune.sources.noun import Source
from frikommune.sources.reading import read
from frikommune.sources.spark import SCHEMES, spark_table
from frikommune.sources.stamps import Stamp, stamp
from frikommune.sources.workspace import logs_beside

_COPIED = (*text.SUFFIXES, *excel.SUFFIXES, *FEATHER, *statistical.SUFFIXES)


@dataclass(frozen=True, slots=True, repr=False)
class Register:
    """A table to be counted, and how its content can be told from any other.

    Attributes:
        table: The table, lazily. It may hold person keys, CPR numbers even: only aggregates of it may leave.
        name: File name without its folder, or URL without user, password and options.
        file: The file whose bytes are the content; none where no version of the content can be told.
        part: Which table of the file.
        sha256: Digest of the bytes that were copied to the engine; empty when the table is read where it lies.
        seen: What the file system said of the file before it was opened; none when nothing is read from it any more.
    """

    table: Table
    name: str
    file: Path | None = None
    part: str = ""
    sha256: str = ""
    seen: Stamp | None = None

    def __repr__(self) -> str:
        return f"Register {self.name}: {len(self.table.columns)} columns"


def register(data: Source | Table | Path | str, *, table: str | None = None) -> Register:
    """Open a table for counting.

    Parquet and DuckDB files and databases are not read here: no row is counted, no column searched. That is right only
    for what lets nothing but aggregates out, and looks for CPR numbers among the labels that it groups by. Files of
    other kinds are read as `read` does.

    Args:
        data: A file, the URL of a database or Spark cluster, a source that was read before, or an Ibis table.
        table: Table of a database, DuckDB file or cluster, or sheet of a workbook.

    Raises:
        BadData: There is no such file or table, or it cannot be read.
    """
    if isinstance(data, Source):
        refuse_table(table, data.provenance.name)
        return _of_source(data, "")
    if isinstance(data, Table):
        refuse_table(table, "A table of the caller's")
        return Register(data, "a table of the caller's")
    if is_url(str(data)):
        return _of_url(str(data), table)
    return _of_file(Path(data), table)


def _of_url(url: str, table: str | None) -> Register:
    scheme = url.split("://", maxsplit=1)[0].lower()
    if scheme in SCHEMES:
        return Register(spark_table(url, table), f"{public(url)}, table {table}")
    file = file_of(url)
    if file is not None:
        return _of_file(file, table, kind=DUCKDB[0])
    found = read_database(url, table, Intake())
    return Register(found.table, ", ".join((public(url), *found.notes)))


def _of_file(file: Path, table: str | None, *, kind: str = "") -> Register:
    kind = kind or file.suffix.lower()
    if kind not in (*PARQUET, *DUCKDB):
        return _of_source(read(file, table=table), table or "")
    if holds_cpr(file.stem):
        raise BadData("The name of a file holds a CPR number: give it another name.")
    seen = _seen(file)
    if kind in PARQUET:
        refuse_table(table, file.name)
        return Register(parquet_view(file), file.name, file, seen=seen)
    return _in_duckdb(file, table, seen)


def _of_source(source: Source, part: str) -> Register:
    name, file = source.provenance.name, source.file
    part = part or ", ".join(each for each in source.provenance.notes if each.startswith(("table ", "sheet ")))
    if file is None or file.suffix.lower() in _COPIED:
        return Register(source.table, name, file, part, source.provenance.sha256)
    seen = _seen(file)
    if file.suffix.lower() in PARQUET:
        return Register(source.table, name, file, part, seen=seen)
    place = source.table.op()
    # Found again, since the file may be another by now than it was when the source was read.
    return _in_duckdb(file, f"{place.namespace.database}.{place.name}", seen)


def _seen(file: Path) -> Stamp:
    if not file.is_file():
        raise BadData(f"There is no file {file.name} in {file.parent}.")
    return stamp(file)


def _in_duckdb(file: Path, table: str | None, seen: Stamp) -> Register:
    found = duckdb_table(file, table)
    # What was written last may still stand in a log, and then the file is not the whole content.
    return Register(found, file.name, None if logs_beside(file) else file, table or "", seen=seen)
