"""Parquet, Feather and DuckDB files: typed tables that the engine reads itself."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from ibis.expr.types import Table
from pyarrow import ipc

from frikommune.errors import BadData
from frikommune.sources.columns import AbsentTable, Read, Unreachable, check_names
from frikommune.sources.intake import Intake
from frikommune.sources.workspace import (
    detach,
    engine,
    exactly,
    is_attached,
    kept_batches,
    lasting_attachment,
    lasting_view,
    viewed,
)

PARQUET, FEATHER, DUCKDB = (".parquet", ".pq"), (".feather", ".arrow", ".ipc"), (".duckdb", ".ddb")


def read_parquet(path: Path, intake: Intake) -> Read:
    """Read a Parquet file where it lies; only a table with keys to hash is written anew.

    Raises:
        BadData: It is no Parquet file, is damaged, or a name stands twice in it.
    """

    def view(name: str) -> Table:
        return engine().read_parquet(exactly(path), table_name=name, hive_partitioning=False)

    try:
        if not intake.hashed:
            return Read(_examined(lasting_view(view), path.name, intake))
        with viewed(view) as table:
            return Read(intake.kept(_examined(table, path.name, intake)))
    except duckdb.Error:
        raise BadData(f"{path.name} is no Parquet file or is damaged: get it again.") from None


def parquet_view(path: Path) -> Table:
    """Return a Parquet file as a table that lies where it is; not a value of it is read.

    Raises:
        BadData: It is no Parquet file, is damaged, or a name stands twice in it.
    """
    try:
        table = lasting_view(
            lambda name: engine().read_parquet(exactly(path), table_name=name, hive_partitioning=False)
        )
    except duckdb.Error:
        raise BadData(f"{path.name} is no Parquet file or is damaged: get it again.") from None
    check_names(table.columns, path.name)
    return table


def read_feather(path: Path, intake: Intake) -> Read:
    """Read a Feather or Arrow IPC file, which is mapped into memory and copied to the engine batch by batch.

    Raises:
        BadData: It is no such file, is damaged, or a name stands twice in it.
    """
    try:
        with pa.memory_map(str(path)) as source:
            return Read(_streamed(source, path.name, intake))
    except (pa.ArrowException, OSError, ValueError, duckdb.Error, KeyError):
        raise BadData(f"{path.name} is no Feather or Arrow file (version 2) or is damaged: get it again.") from None


def read_duckdb(path: Path, table: str | None, intake: Intake) -> Read:
    """Read one table of a DuckDB file, without ever writing to the file.

    Args:
        path: The file.
        table: Which table; without, the only one.
        intake: What to do with keys.

    Raises:
        Unreachable: It is no DuckDB file, is damaged, or another program has it open for writing.
        AbsentTable: It has no such table.
        BadData: The table is damaged, or there are several and none was asked for.
    """
    if not intake.hashed:
        return _read_attached(_attached(path), path.name, table, intake)
    # What its keys were is out of reach as soon as they are hashed.
    known = is_attached(path)
    try:
        return _read_attached(_attached(path), path.name, table, intake)
    finally:
        if not known:
            detach(path)


def _attached(path: Path) -> str:
    try:
        return lasting_attachment(path)
    except duckdb.Error:
        raise Unreachable(
            f"{path.name} cannot be read: it is no DuckDB file, is damaged, or another program has it open."
        ) from None


def duckdb_table(path: Path, table: str | None) -> Table:
    """Return a table of a DuckDB file where it lies; not a value of it is read.

    Args:
        path: The file.
        table: Which table; without, the only one.

    Raises:
        Unreachable: It is no DuckDB file, is damaged, or another program has it open for writing.
        AbsentTable: It has no such table.
        BadData: There are several tables and none was asked for, or a name stands twice in it.
    """
    found, _ = _table_in(_attached(path), path.name, table)
    check_names(found.columns, path.name)
    return found


def _read_attached(catalog: str, where: str, table: str | None, intake: Intake) -> Read:
    found, name = _table_in(catalog, where, table)
    try:
        source = _examined(found, where, intake)
        return Read(intake.kept(source) if intake.hashed else source, (f"table {name}",))
    except duckdb.Error:
        raise BadData(f"{where}: the table {name} cannot be read: it is damaged; get the file again.") from None


def _table_in(catalog: str, where: str, table: str | None) -> tuple[Table, str]:
    found = engine().con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 "
        "UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1 AND NOT internal",
        [catalog],
    )
    schema, name = chosen(found.fetchall(), table, where, "main")
    return engine().table(name, database=(catalog, schema)), name


def chosen(found: list[tuple[str, str]], table: str | None, where: str, usual: str) -> tuple[str, str]:
    """Return the schema and name of the table that was asked for, or of the only one.

    Args:
        found: Schemas and names of all tables.
        table: `name` or `schema.name`.
        where: Which file or database.
        usual: The schema that goes without saying.

    Raises:
        AbsentTable: There is no such table.
        BadData: There are several and none was asked for.
    """
    names = {(f"{schema}.{name}" if schema != usual else name): (schema, name) for schema, name in sorted(found)}
    names |= {f"{usual}.{name}": (schema, name) for schema, name in found if schema == usual and table and "." in table}
    listed = ", ".join(sorted(names)[:20]) or "none"
    if table is None and len(names) != 1:
        raise BadData(f"{where} has {len(names)} tables: say which one with table=; there are {listed}.")
    if table is not None and table not in names:
        raise AbsentTable(f"{where} has no table {table}: there are {listed}.")
    return next(iter(names.values())) if table is None else names[table]


def _examined(table: Table, where: str, intake: Intake) -> Table:
    """Check the names of a typed table, and read every value once: damage shows here and not later."""
    check_names(table.columns, where)
    intake.check(table.columns, where)
    for start in range(0, len(table.columns), 60):
        some = table.columns[start : start + 60]
        table.aggregate([table[each].hash().max().name(f"c{n}") for n, each in enumerate(some)]).execute()
    return table


def _streamed(source: pa.MemoryMappedFile, where: str, intake: Intake) -> Table:
    reader = ipc.open_file(source) if source.read(6) == b"ARROW1" else ipc.open_stream(_rewound(source))
    check_names(reader.schema.names, where)
    intake.check(reader.schema.names, where)
    schema = intake.schema(pa.schema([pa.field(each.name, _plain(each.type)) for each in reader.schema]))
    return kept_batches(schema, (intake.batch(_plain_table(each)) for each in _batches(reader)))


def _rewound(source: pa.MemoryMappedFile) -> pa.MemoryMappedFile:
    source.seek(0)
    return source


def _batches(reader: ipc.RecordBatchFileReader | ipc.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, ipc.RecordBatchStreamReader):
        yield from reader
        return
    for n in range(reader.num_record_batches):
        yield reader.get_batch(n)


def _plain_table(batch: pa.RecordBatch) -> pa.Table:
    batch.validate(full=True)
    table = pa.Table.from_batches([batch])
    return table.cast(pa.schema([pa.field(each.name, _plain(each.type)) for each in table.schema]))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type that the engine keeps: the words of a dictionary, not its numbers, which differ by batch."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind
