"""Writes what a check found: rejects, good rows and templates; a folder is there whole, or not at all."""

import codecs
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from ibis.expr.types import Table, Value

from frikommune.dataroom.report import Report
from frikommune.errors import BadData
from frikommune.schema import contracts, dictionary_csv, dictionary_markdown, template
from frikommune.sources import CACHE

_CHUNK = 1 << 20
MANIFEST = "check.json"  # what was found; and the sign that a folder is ours to replace


def write_rejects(report: Report, folder: Path) -> None:
    """Write a file for each table with rejected rows: the number of the row (1 is the first row of data), and why.

    No value of the row is written: one that is at fault may hold anything in any column.

    Args:
        report: What was found.
        folder: Where to; a folder that a check wrote is replaced.

    Raises:
        BadData: The folder holds other files, or a table changed while it was checked.
    """
    _replace(folder, report, _write_rejects)


def write_tables(report: Report, folder: Path) -> None:
    """Write the rows kept of every table as Parquet: a data room that has been checked.

    Args:
        report: What was found.
        folder: Where to; a folder that a check wrote is replaced.

    Raises:
        BadData: The folder holds other files, or a table changed while it was checked.
    """
    _replace(folder, report, _write_tables)


def write_templates(folder: Path) -> tuple[str, ...]:
    """Write an empty table for each contract, and the data dictionary; files that are there are never replaced.

    Args:
        folder: Where to; made if it is not there.

    Returns:
        The names of the files.

    Raises:
        BadData: One of the files is there already.
    """
    files = {f"{name}.csv": template(each) for name, each in contracts().items()}
    files |= {"dictionary.csv": dictionary_csv(), "dictionary.md": dictionary_markdown()}
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise BadData(f"{folder} already holds {', '.join(there)}: choose a folder without them.")
    _make(folder)
    for name, text in files.items():
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8", newline="")
        part.rename(folder / name)
    return tuple(files)


def _replace(folder: Path, report: Report, write: Callable[[Report, Path], None]) -> None:
    """Write into a new folder beside the old, and put it in the old one's place when it is whole."""
    _refuse_others(folder)
    _make(folder.resolve().parent)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.resolve().parent) as beside:
        new, old = Path(beside) / "new", Path(beside) / "old"
        new.mkdir()
        write(report, new)
        manifest = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
        (new / MANIFEST).write_text(manifest, encoding="utf-8")
        if folder.exists():
            shutil.move(folder, old)
        shutil.move(new, folder)


def _refuse_others(folder: Path) -> None:
    """Refuse to replace what no check wrote."""
    if folder.exists() and not folder.is_dir():
        raise BadData(f"{folder} is a file: a folder was expected.")
    ours = {f"{name}{suffix}" for name in contracts() for suffix in (".csv", ".parquet")} | {MANIFEST, CACHE}
    there = [each.name for each in folder.iterdir()] if folder.exists() else []
    if there and (MANIFEST not in there or not ours.issuperset(there)):
        raise BadData(f"{folder} holds files that no check wrote: choose an empty folder, or one that is not there.")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadData(f"The folder {folder} cannot be made: {fault.strerror}.") from fault


def _write_rejects(report: Report, folder: Path) -> None:
    for each in report.tables:
        if each.examined is not None and each.rejected:
            rejected = each.examined.rejected.select("row", "reasons")
            _check_count(each.table, each.rejected, _write_lines(rejected, folder / f"{each.table}.csv"))


def _write_lines(table: Table, file: Path) -> int:
    """Write a table in a stream as Danish Excel opens it (a byte-order mark, and ";"); return its rows."""
    part = file.with_suffix(".part")
    table.to_csv(part, header=True, delimiter=";")
    written = 0
    with part.open("rb") as lines, file.open("wb") as handle:
        handle.write(codecs.BOM_UTF8)
        while chunk := lines.read(_CHUNK):
            handle.write(chunk)
            written += chunk.count(b"\n")
    part.unlink()
    return written - 1


def _write_tables(report: Report, folder: Path) -> None:
    for name in contracts():
        found = [each for each in report.tables if each.table == name and each.kept]
        tables = [each.good for each in found if each.good is not None]
        if tables:
            file = folder / f"{name}.parquet"
            _together(tables).to_parquet(file)
            _check_count(name, sum(each.kept for each in found), pq.read_metadata(file).num_rows)


def _together(tables: Sequence[Table]) -> Table:
    """Stack the tables; those of official files lack the columns for strata and groups."""
    columns = tables[0].columns
    return reduce(
        lambda one, other: one.union(other),
        [
            each.select(*(each[name] if name in each.columns else _absent(tables[0], name) for name in columns))
            for each in tables
        ],
    )


def _absent(like: Table, name: str) -> Value:
    return ibis.null(like[name].type()).name(name)


def _check_count(table: str, counted: int, written: int) -> None:
    if counted != written:
        raise BadData(
            f"{table} changed while it was checked: {counted} rows were counted and {written} written; check it again."
        )
