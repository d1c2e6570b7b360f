"""Writes what a check found: rejects, good rows and templates; a folder is there whole, or not at all."""

import codecs
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from ibis.expr.types import Table, Value

from frikommune.dataroom.noun import MANIFEST
from frikommune.dataroom.report import Report, TableReport
from frikommune.dataroom.settings import SETTINGS
from frikommune.errors import BadData
from frikommune.schema import contracts, dictionary_csv, dictionary_markdown, template
from frikommune.shipped import data_file
from frikommune.sources import CACHE

_CHUNK = 1 << 20


def write_rejects(report: Report, folder: Path) -> None:
    """Write a file for each table with rejected rows: which file, the number of the row, and why.

    The first row of data is 1. No value of the row is written: one that is at fault may hold anything in any column.

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
    """Write an empty table for each contract, the data dictionary, and settings; files there are never replaced.

    Args:
        folder: Where to; made if it is not there.

    Returns:
        The names of the files.

    Raises:
        BadData: One of the files is there already.
    """
    files = {f"{name}.csv": template(each) for name, each in contracts().items()}
    files |= {"dictionary.csv": dictionary_csv(), "dictionary.md": dictionary_markdown()}
    files[SETTINGS] = data_file(SETTINGS).read_text(encoding="utf-8")
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
        file = folder / f"{each.table}.csv"
        if each.aside is not None and len(each.aside):
            _append(_lines_aside(each), file)
        if each.examined is not None and each.examined.rejected_rows:
            rows = each.examined.rejected.select(file=ibis.literal(each.file), row="row", reasons="reasons")
            _check_count(each.table, each.examined.rejected_rows, _append(_lines(rows, file), file))


def _append(lines: Iterator[bytes], file: Path) -> int:
    """Write lines as Danish Excel opens them (a byte-order mark, and ";"), behind those that are there; count them."""
    written = 0
    with file.open("ab") as handle:
        if not handle.tell():
            handle.write(codecs.BOM_UTF8 + b"file;row;reasons\n")
        for chunk in lines:
            handle.write(chunk)
            written += chunk.count(b"\n")
    return written


def _lines(table: Table, file: Path) -> Iterator[bytes]:
    """Write a table to a file of its own, in a stream of the engine, and give it back piece by piece."""
    part = file.with_suffix(".part")
    table.to_csv(part, header=False, delimiter=";")
    with part.open("rb") as lines:
        while chunk := lines.read(_CHUNK):
            yield chunk
    part.unlink()


def _lines_aside(table: TableReport) -> Iterator[bytes]:
    assert table.aside is not None
    yield (
        table.aside.assign(file=table.file)[["file", "row", "reason"]]
        .to_csv(index=False, header=False, sep=";", lineterminator="\n")
        .encode()
    )


def _write_tables(report: Report, folder: Path) -> None:
    for name in contracts():
        found = [each for each in report.tables if each.table == name and each.kept]
        tables = [each.good for each in found if each.good is not None]
        if tables:
            file = folder / f"{name}.parquet"
            _together(tables).to_parquet(file)
            _check_count(name, sum(each.kept for each in found), pq.read_metadata(file).num_rows)


def _together(tables: Sequence[Table]) -> Table:
    """Stack the tables; those of raw exports lack columns for strata and groups that others may have."""
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
