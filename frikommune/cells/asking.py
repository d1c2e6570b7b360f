"""Puts one question to one table: answered from what is kept, or by the engine while the file's digest is reckoned."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.pandas_compat  # Arrow would load it within the first question
from ibis.backends.duckdb.converter import DuckDBPyArrowData
from ibis.expr import operations as ops
from ibis.expr.types import Table

from frikommune.cells.keeping import keep, kept_answer, key
from frikommune.cells.noun import Counted
from frikommune.disclosure import holds_cpr
from frikommune.errors import BadData
from frikommune.sources import CACHE, Register, digest, known_digest, stamp
from frikommune.version import __version__

_QUICK = 16 * 2**20  # bytes: a file of this size is read through in less time than a query takes to be made
_NO_ROOM = "nothing can be written beside the file"
NO_CACHE = "FRIKOMMUNE_NO_CACHE"  # environment variable: set to anything, no answer is looked for or kept
_UNTOLD = (ops.Impure, ops.TimestampNow, ops.DateNow, ops.ScalarUDF, ops.AggUDF)


def ask(data: Register, question: Table, *, labels: Sequence[str], no_cache: bool) -> tuple[pa.Table, Counted]:
    """Answer a question about a table.

    The answer of a file is kept in the folder `.frikommune` beside it, under a name made of the digest of the bytes,
    the words of the query and the version of this package; the same question to the same content is then answered
    from there.

    Args:
        data: The table.
        question: Aggregates of it.
        labels: Columns of the answer that stand in the register itself: all that leaves it besides sums.
        no_cache: Neither look for a kept answer nor keep this one.

    Returns:
        The answer, and how it was found.

    Raises:
        BadData: The file is damaged, or changed while it was counted; or the engine cannot reckon what was asked for;
            or a label holds a CPR number: nothing is kept then.
    """
    sql = str(question.get_backend().compile(question))
    untold = _untold(data, question)
    counted = Counted(data.name, data.sha256, _words(data, sql), __version__)
    run = partial(_run, data, question, sql if _plain(data, untold) else "", labels)
    if data.file is None:
        return run(), replace(counted, notes=("not kept: no version of the content can be told",))
    why_not = "no_cache" if no_cache or os.environ.get(NO_CACHE) else untold or _closed(data.file.parent / CACHE)
    if why_not:
        answer, sha256 = _unkept(data, run)
        return answer, replace(counted, sha256=sha256, notes=(f"not kept: {why_not}",))
    return _kept(data, run, counted, data.file.parent / CACHE)


def _kept(data: Register, run: Callable[[], pa.Table], counted: Counted, folder: Path) -> tuple[pa.Table, Counted]:
    sha256, damaged = _told(data, folder), False
    if sha256:
        found, damaged = kept_answer(folder, _key(data, counted, sha256))
        if found is not None:
            return found, replace(counted, sha256=sha256, reused=True)
    answer, sha256 = _both(data, run, folder)
    notes = ("the kept answer was damaged and has been made again",) if damaged else ()
    try:
        keep(folder, _key(data, counted, sha256), answer)
    except OSError:
        notes = (f"not kept: {_NO_ROOM}",)
    return answer, replace(counted, sha256=sha256, notes=notes)


def _unkept(data: Register, run: Callable[[], pa.Table]) -> tuple[pa.Table, str]:
    """Count the file; its digest is told where it is known, and else left empty: nothing depends on it."""
    if data.file is None or data.sha256:
        return run(), data.sha256
    sha256 = known_digest(data.file)
    answer = run()
    return answer, sha256 if stamp(data.file) == data.seen else ""


def _key(data: Register, counted: Counted, sha256: str) -> str:
    return key((sha256, data.part, counted.sql, counted.version))


def _told(data: Register, folder: Path | None) -> str:
    """Return the digest where it costs next to nothing; a large file that is not known is read beside the query."""
    if data.sha256 or data.file is None:
        return data.sha256
    small = data.file.stat().st_size <= _QUICK
    return digest(data.file, folder) if small else known_digest(data.file, folder)


def _both(data: Register, run: Callable[[], pa.Table], memory: Path | None) -> tuple[pa.Table, str]:
    """Count the file and reckon its digest at the same time, and be sure that both saw the same bytes."""
    if data.sha256 or data.file is None:
        return run(), data.sha256
    with ThreadPoolExecutor(max_workers=1) as beside:
        sha256 = beside.submit(digest, data.file, memory)
        answer = run()
    found = sha256.result()
    if stamp(data.file) != data.seen:
        raise BadData(f"{data.name} changed while it was counted: ask again.")
    return answer, found


def _run(data: Register, question: Table, sql: str, labels: Sequence[str]) -> pa.Table:
    try:
        answer = _answer(question, sql)
    except Exception as fault:
        if not isinstance(fault, duckdb.Error | psycopg.Error | pa.ArrowException) and _at_home(data):
            raise
        # What the engine says may repeat a value.
        raise BadData(
            f"{data.name} could not be counted: it is damaged, or an outcome or condition cannot be reckoned for "
            "one of its rows."
        ) from None
    for each in labels:
        # A set: the first call of one of Arrow's own functions loads all of them, which takes longer than a query.
        if any(holds_cpr(str(label)) for label in set(answer[each].to_pylist()) if label is not None):
            what = each.removeprefix("key:")
            raise BadData(f"{data.name}: the column that {what} is taken from holds CPR numbers: take another one.")
    return answer


def _plain(data: Register, untold: str) -> bool:
    """Tell whether DuckDB can be asked in words alone: nothing is to be handed to it first, as a frame would be."""
    return data.file is not None and data.table.get_backend().name == "duckdb" and not untold


def _answer(question: Table, sql: str) -> pa.Table:
    """Put the question, in the words that are there already: Ibis would make them a second time."""
    if not sql:
        return question.to_pyarrow()
    found = question.get_backend().con.sql(sql).to_arrow_table()
    return question.__pyarrow_result__(found, data_mapper=DuckDBPyArrowData)


def _at_home(data: Register) -> bool:
    """Tell whether no Spark cluster counts: that raises whatever went wrong with it."""
    return bool(data.table.get_backend().name != "pyspark")


def _words(data: Register, sql: str) -> str:
    """Return the query; the table has a name of its own in each process, and gets one that is always the same."""
    for own in _names(data):
        sql = sql.replace(f'"{own}"', '"register"')
    return sql


def _names(data: Register) -> tuple[str, ...]:
    if data.file is None or not isinstance(data.table.op(), ops.DatabaseTable):
        return ()
    place = data.table.op()
    return (place.name, *(each for each in (place.namespace.catalog,) if each))


def _untold(data: Register, question: Table) -> str:
    """Say why the words of a question do not tell all of it; nothing when they do."""
    others = [each for each in question.op().find(ops.PhysicalTable) if each != data.table.op()]
    if others:
        return f"the question draws on {len(others)} other tables"
    return "the question holds the time, chance or a function of the caller's" if question.op().find(_UNTOLD) else ""


def _closed(folder: Path) -> str:
    """Make the folder; say so when nothing can be written there."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError:
        return _NO_ROOM
    return ""
