"""The in-process engine that every table is read into: one DuckDB database in a temporary folder for each process.

A table is on disk, not in memory, and goes when nothing refers to it any longer; the folder goes when the process ends.
"""

import itertools
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

import duckdb
import ibis.backends.duckdb.converter  # noqa: F401 -- Ibis would load it within the first question
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

_NUMBERS = itertools.count(1)


def engine() -> Backend:
    """Return this process's engine; a forked process gets its own."""
    return _engine_of(os.getpid())


def temporary(suffix: str) -> Path:
    """Return the path of a new file in this process's temporary folder."""
    return _folder_of(os.getpid()) / f"{next(_NUMBERS)}{suffix}"


def new_name() -> str:
    """Return a table name that no other table of this process has."""
    return f"source_{next(_NUMBERS)}"


def kept(expression: Table) -> Table:
    """Write what an expression gives to a table of its own, in the order of its rows."""
    name = new_name()
    engine().con.sql(engine().compile(expression)).create(name)
    return _owned(engine().table(name), name, "TABLE")


def kept_batches(schema: pa.Schema, batches: Iterator[pa.Table]) -> Table:
    """Write tables one by one to one table, so that no more than one is in memory."""
    name = new_name()
    engine().con.from_arrow(schema.empty_table()).create(name)
    table = _owned(engine().table(name), name, "TABLE")
    for batch in batches:
        engine().con.from_arrow(batch).insert_into(name)
    return table


def row_count(table: Table) -> int:
    """Count the rows of a table that the engine holds."""
    return int(engine().con.table(table.get_name()).count("*").fetchall()[0][0])


@contextmanager
def viewed(make: Callable[[str], Table]) -> Iterator[Table]:
    """Make a view that lasts as long as the block.

    Args:
        make: Makes the view under the name that it is given.
    """
    name = new_name()
    try:
        yield make(name)
    finally:
        drop(name, "VIEW")


def lasting_view(make: Callable[[str], Table]) -> Table:
    """Make a view that lasts as long as anything refers to it."""
    name = new_name()
    return _owned(make(name), name, "VIEW")


def exactly(path: Path) -> str:
    """Return a path as the engine takes it for that file alone: it reads `*`, `?` and `[` as patterns."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def lasting_attachment(path: Path) -> str:
    """Attach a DuckDB file for reading as long as the process lasts, and return its name in the engine.

    A file that has changed or been replaced since is attached again under the same name: the engine would go on showing
    what it was.
    """
    known = _attachments(os.getpid())
    file = path.resolve()
    now = _signs(file)
    name, then = known.get(file, (f"file_{next(_NUMBERS)}", None))
    if then == now:
        return name
    if then is not None:
        detach(file)
    engine().attach(file, name, read_only=True)
    known[file] = (name, now)
    return name


def logs_beside(path: Path) -> tuple[Path, ...]:
    """Return the logs of a DuckDB file: what was written last may stand there, and not yet in the file."""
    file = path.resolve()
    return tuple(sorted(each for each in file.parent.iterdir() if each.name.startswith(f"{file.name}.wal")))


def is_attached(path: Path) -> bool:
    """Tell whether a DuckDB file is attached: a table that lies in it may be in use."""
    return path.resolve() in _attachments(os.getpid())


def detach(path: Path) -> None:
    """Detach a DuckDB file, if it is attached."""
    known = _attachments(os.getpid()).pop(path.resolve(), None)
    if known is not None:
        engine().detach(known[0])


@contextmanager
def brief_attachment(path: Path) -> Iterator[str]:
    """Attach a DuckDB file as long as the block lasts, unless a table that lies in it may be in use."""
    known = is_attached(path)
    try:
        yield lasting_attachment(path)
    finally:
        if not known:
            detach(path)


@contextmanager
def function(make: Callable[[pa.ChunkedArray], pa.Array]) -> Iterator[str]:
    """Make a function from text to text known to the engine as long as the block lasts, and yield its name."""
    name = f"function_{next(_NUMBERS)}"
    kind = duckdb.sqltypes.VARCHAR
    engine().con.create_function(name, make, [kind], kind, type="arrow")
    try:
        yield name
    finally:
        engine().con.remove_function(name)


def drop(name: str, kind: str) -> None:
    """Drop a table or view that `new_name` named."""
    engine().con.execute(f'DROP {kind} IF EXISTS "{name}"')


def _owned(table: Table, name: str, kind: str) -> Table:
    """Drop the table in the engine when no expression refers to it any longer."""
    weakref.finalize(table.op(), _drop_in, os.getpid(), name, kind).atexit = False
    return table


def _drop_in(process: int, name: str, kind: str) -> None:
    # A forked process inherits what its parent was to drop.
    if process == os.getpid():
        drop(name, kind)


@cache
def _engine_of(process: int) -> Backend:
    folder = _folder_of(process)
    # `ibis.duckdb` would search every installed package for its name first.
    backend = Backend().connect(
        folder / "tables.duckdb",
        temp_directory=str(folder / "spill"),
        autoinstall_known_extensions=False,
        preserve_insertion_order=True,
    )
    backend.con.execute("SET enable_progress_bar = false")
    Finalize(None, _close, args=(backend, folder), exitpriority=1)
    return backend


@cache
def _attachments(_process: int) -> dict[Path, tuple[str, tuple[tuple[int, ...], ...]]]:
    """Return the name of each attached file, and what the file system said of it when it was attached."""
    return {}


def _signs(file: Path) -> tuple[tuple[int, ...], ...]:
    found = [each.stat() for each in (file, *logs_beside(file))] if file.exists() else []
    return tuple((each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for each in found)


@cache
def _folder_of(process: int) -> Path:
    # mkdtemp gives a folder that no other user can enter.
    return Path(tempfile.mkdtemp(prefix=f"frikommune-{process}-"))


def _close(backend: Backend, folder: Path) -> None:
    backend.disconnect()
    shutil.rmtree(folder, ignore_errors=True)
