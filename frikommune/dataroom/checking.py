"""Checks a data room: what is there, what is wrong row by row, and what is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.dataroom.report import CLEAN, Report, TableReport
from frikommune.dataroom.writing import MANIFEST, write_rejects, write_tables
from frikommune.disclosure import Secret, holds_cpr
from frikommune.errors import BadData
from frikommune.records import Municipal, municipal
from frikommune.schema import Contract, Examined, contracts, examine, indicators, refuse, withhold
from frikommune.sources import AbsentKey, AbsentTable, Source, Unreachable, files_in, read
from frikommune.trials import load_trials

_TEXT, _SHEETS = (".csv", ".tsv", ".tab", ".txt"), (".xlsx", ".xlsm")
_TYPED = (".parquet", ".pq", ".feather", ".arrow", ".ipc", ".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt")
_DATABASES = (".duckdb", ".db", ".ddb")
_SUFFIXES = (*_TEXT, *_SHEETS, *_TYPED, *_DATABASES)


def check(
    folder: Path | str,
    *,
    rejects: Path | None = None,
    out: Path | None = None,
    strict: bool = False,
    secret: Secret | None = None,
) -> Report:
    """Check a data room, and set faulty rows aside: every row is kept, or rejected with the reason.

    A table is found by the name of its file (`cases.csv`, `spells.parquet`, ...) or by its name in a database;
    official tables by the patterns of `data/indicators.toml`, as `open_room` finds them.

    Args:
        folder: A folder, a DuckDB file, or the URL of a database.
        rejects: Folder for the rejects: a file for each table with the numbers and reasons of rejected rows, and no
            value of them. A row that is at fault may hold anything anywhere, a CPR number among the notes for one;
            with its number it is found again in the file that it came from.
        out: Folder for the rows kept, as Parquet: a data room that has been checked. Left as it is when none is kept.
        strict: Keep nothing if anything is wrong.
        secret: What person keys are hashed with on the way in; without, keys that are CPR numbers are refused.

    Returns:
        What was found.

    Raises:
        BadData: There is no such folder, or `rejects` or `out` cannot be written there.
        Unreachable: The database does not answer, or does not let us in.
    """
    report = _database(str(folder), secret) if _is_database(str(folder)) else _folder(Path(folder), out, secret)
    if strict and report.exit_code != CLEAN:
        report = replace(report, tables=tuple(_withheld(each) for each in report.tables), strict=True)
    report = replace(report, strict=strict)
    if rejects is not None:
        write_rejects(report, rejects)
    if out is not None and any(each.kept for each in report.tables):
        write_tables(report, out)
    return report


def _folder(folder: Path, out: Path | None, secret: Secret | None) -> Report:
    files = files_in(folder)
    if out is not None and out.resolve() == folder.resolve():
        raise BadData(f"The rows kept would replace the tables of {folder}: choose another folder for them.")
    claimed = {name: [each for each in files if _stem(each) == name] for name in contracts()}
    official = {
        key: [each for each in files if any(each.match(pattern) for pattern in indicator.files)]
        for key, indicator in indicators().items()
    }
    tables = [_of_file(contracts()[name], found[0], secret) for name, found in claimed.items() if len(found) == 1]
    tables += [_official(key, found[0]) for key, found in official.items() if len(found) == 1]
    known = {each for found in (*claimed.values(), *official.values()) for each in found}
    tables, twice = _said_twice(tables)
    return Report(
        room=str(folder),
        tables=tuple(tables),
        problems=(*_doubled({**claimed, **official}), *twice),
        unknown=tuple(_shown(each.name) for each in files if each not in known and each.name != MANIFEST),
    )


def _shown(name: str) -> str:
    return "(a file whose name holds a CPR number)" if holds_cpr(Path(name).stem.replace("_", " ")) else name


def _stem(file: Path) -> str:
    return file.stem.casefold() if file.suffix.lower() in _SUFFIXES else ""


def _doubled(claimed: dict[str, list[Path]]) -> Iterator[str]:
    for name, found in claimed.items():
        if len(found) > 1:
            yield f"{', '.join(each.name for each in found)} all hold {name}: none was read; keep one of them."


def _is_database(room: str) -> bool:
    return "://" in room or (Path(room).suffix.lower() in _DATABASES and Path(room).is_file())


def _database(url: str, secret: Secret | None) -> Report:
    parts = urlsplit(url)
    public = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if "://" in url else url
    # A database that does not answer is not asked for every table.
    found = [_of_database(each, url, secret) for each in contracts().values()]
    return Report(room=public, tables=tuple(each for each in found if each is not None))


def _of_database(contract: Contract, url: str, secret: Secret | None) -> TableReport | None:
    try:
        source = _read(contract, url, secret, table=contract.table)
    except AbsentTable:
        return None
    except Unreachable:
        raise
    except BadData as fault:
        return TableReport(contract.table, contract.table, unusable=str(fault))
    return _report(contract, source)


def _of_file(contract: Contract, file: Path, secret: Secret | None) -> TableReport:
    try:
        source = _read(contract, file, secret)
    except BadData as fault:
        return TableReport(contract.table, file.name, unusable=str(fault))
    return _report(contract, source)


def _read(contract: Contract, place: Path | str, secret: Secret | None, *, table: str | None = None) -> Source:
    """Read a table with its person keys hashed; without such columns it is read as it is."""
    try:
        return read(place, table=table, keys=contract.people, secret=secret)
    except AbsentKey:
        return read(place, table=table)


def _report(contract: Contract, source: Source) -> TableReport:
    starts = {key: each.first_possible_start for key, each in load_trials().items()}
    provenance, unusable = source.provenance, ""
    try:
        examined = examine(source.table, contract, trials=starts, aside=source.aside)
    except BadData as fault:
        unusable = str(fault)
        examined = refuse(source.table, contract, unusable, aside=source.aside)
    period, covered = _cover(examined.kept, contract) if examined.kept_rows else (None, ())
    return TableReport(
        contract.table,
        provenance.name,
        sha256=provenance.sha256,
        rows=examined.rows,
        kept=examined.kept_rows,
        rejected=examined.rejected_rows,
        faults=examined.faults,
        period=period,
        covered=covered,
        notes=(*provenance.notes, *_columns(examined)),
        unusable=unusable,
        examined=examined,
    )


def _columns(examined: Examined) -> Iterator[str]:
    if examined.extra:
        yield f"columns that the table does not have by its contract, kept out: {', '.join(examined.extra)}"
    if examined.absent:
        yield f"optional columns that are not there: {', '.join(examined.absent)}"


def _cover(kept: Table, contract: Contract) -> tuple[tuple[str, str] | None, tuple[int, ...]]:
    """Return the first and last period of a table (the months of its dates: a day may point at a person)."""
    labels = [kept[name].strftime("%Y-%m") if kept[name].type().is_date() else kept[name] for name in contract.time]
    ends = {f"first:{at}": label.min() for at, label in enumerate(labels)}
    ends |= {f"last:{at}": label.max() for at, label in enumerate(labels)}
    found = kept.aggregate(codes=kept.kommune_kode.collect(distinct=True), **ends).to_pyarrow().to_pylist()[0]
    seen = [found[each] for each in ends if found[each] is not None]
    return (min(seen), max(seen)) if seen else None, tuple(sorted(found["codes"] or ()))


def _official(key: str, file: Path) -> TableReport:
    unread = TableReport("municipal", file.name, indicator=key)
    try:
        source = read(file)
        found = municipal(source, key)
    except BadData as fault:
        return replace(unread, unusable=str(fault))
    frame = found.frame
    return replace(
        unread,
        sha256=source.provenance.sha256,
        rows=found.rows,
        kept=len(frame),
        rejected=found.rows - len(frame),
        period=(min(frame["period"]), max(frame["period"])) if len(frame) else None,
        covered=tuple(sorted(int(code) for code in frame["kommune_kode"].unique())),
        set_aside=_set_aside(found),
        notes=(*getattr(source.provenance, "notes", ()), f"official figures of the indicator {key}"),
        official=ibis.memtable(_arrow(found)),
    )


def _set_aside(found: Municipal) -> dict[str, int]:
    counts = {f"other area: {area}": rows for area, rows in found.areas.items()}
    return counts | ({"no figure": found.missing} if found.missing else {})


def _arrow(found: Municipal) -> pa.Table:
    frame = found.frame
    return pa.table(
        {
            "kommune_kode": pa.array(frame["kommune_kode"].tolist(), pa.int64()),
            "period": pa.array(frame["period"].tolist(), pa.string()),
            "indicator": pa.array(frame["indicator"].tolist(), pa.string()),
            "value": pa.array(frame["value"].tolist(), pa.float64()),
            "n": pa.nulls(len(frame), pa.float64()),
        }
    )


def _said_twice(tables: Iterable[TableReport]) -> tuple[list[TableReport], list[str]]:
    """Keep nothing of an official file whose indicator the table `municipal` has too: none can tell which is right."""
    tables = list(tables)
    own = next((each for each in tables if each.table == "municipal" and each.examined is not None), None)
    if own is None or own.good is None:
        return tables, []
    held = set(own.good.select("indicator").distinct().to_pyarrow()["indicator"].to_pylist())
    problems = [
        f"{own.file} and {each.file} both hold {each.indicator}: the figures of {each.file} are not kept. "
        "Take them out of one of the two."
        for each in tables
        if each.indicator in held
    ]
    return [_withheld(each) if each.indicator in held else each for each in tables], problems


def _withheld(table: TableReport) -> TableReport:
    """Keep nothing of a table, which then covers nothing."""
    nothing = replace(table, kept=0, rejected=table.rows, period=None, covered=(), official=None)
    if table.examined is not None:
        return replace(nothing, examined=withhold(table.examined))
    aside = {"not kept because of faults": table.kept} if table.kept else {}
    return replace(nothing, set_aside=table.set_aside | aside)
