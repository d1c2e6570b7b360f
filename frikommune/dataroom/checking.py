"""Checks a data room: what is there, what is wrong row by row, and what is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from frikommune.dataroom.databases import tables_in
from frikommune.dataroom.examined import examined_report, report_of, withheld
from frikommune.dataroom.headings import headings
from frikommune.dataroom.made import Keys
from frikommune.dataroom.making import made_of_official, make
from frikommune.dataroom.manifest import is_synthetic
from frikommune.dataroom.noun import Recognised, shown
from frikommune.dataroom.official import OfficialTable, check_whole, joined, read_official
from frikommune.dataroom.recognising import DATABASES, recognise
from frikommune.dataroom.report import CLEAN, Report, TableReport
from frikommune.dataroom.settings import SETTINGS, RoomSettings, fitting, read_settings
from frikommune.dataroom.together import said_twice
from frikommune.dataroom.writing import write_rejects, write_tables
from frikommune.disclosure import Secret
from frikommune.errors import BadData, UserError
from frikommune.schema import Contract, contract, contracts, plain_name
from frikommune.sources import AbsentKey, AbsentTable, Source, Unreachable, files_in, read


def check(
    folder: Path | str,
    *,
    rejects: Path | None = None,
    out: Path | None = None,
    strict: bool = False,
    secret: Secret | None = None,
    person_keys: Sequence[str] = (),
) -> Report:
    """Check a data room, and set faulty rows aside: every row is kept, or rejected with the reason.

    A table is found by the name of its file (`cases.csv`, `spells.parquet`, ...) or by its name in a database. In a
    folder raw exports are found too, and become tables before they are checked: official tables by the patterns of
    `data/indicators.toml` and of `room.toml`, DREAM and BFL by their columns, case exports and surveys by their
    mapping files.

    Args:
        folder: A folder, a DuckDB file, or the URL of a database.
        rejects: Folder for the rejects: a file for each table with the numbers and reasons of rejected rows, and no
            value of them. A row that is at fault may hold anything anywhere, a CPR number among the notes for one;
            with its number it is found again in the file that it came from.
        out: Folder for the rows kept, as Parquet: a data room that has been checked. Left as it is when none is kept.
        strict: Keep nothing if anything is wrong.
        secret: What person keys are hashed with on the way in; without, keys that are CPR numbers are refused.
        person_keys: Columns that are person keys too, in whichever table of a folder has them.

    Returns:
        What was found.

    Raises:
        BadData: There is no such folder, `room.toml` is not what it should be, or `rejects` or `out` cannot be
            written there.
        UnknownName: `room.toml` names a part that does not exist.
        Unreachable: The database does not answer, or does not let us in.
    """
    if _is_database(str(folder)):
        report = _database(str(folder), secret)
    else:
        report = _folder(Path(folder), out, Keys(secret, tuple(person_keys)))
    if strict and report.exit_code != CLEAN:
        report = replace(report, tables=tuple(withheld(each) for each in report.tables), strict=True)
    report = replace(report, strict=strict)
    if rejects is not None:
        write_rejects(report, rejects)
    if out is not None and any(each.kept for each in report.tables):
        write_tables(report, out)
    return report


def _folder(folder: Path, out: Path | None, keys: Keys) -> Report:
    files = files_in(folder)
    if out is not None and out.resolve() == folder.resolve():
        raise BadData(f"The rows kept would replace the tables of {folder}: choose another folder for them.")
    settings = read_settings(folder)
    seen = recognise(files, settings)
    official = [each for each in seen.found if each.tables == ("municipal",) and each.kind != "table"]
    tables = [report for each in seen.found if each not in official for report in _reports(each, settings, keys)]
    tables, twice = said_twice([*tables, *_officials(official)])
    return Report(
        room=str(folder),
        tables=tuple(tables),
        problems=(*seen.problems, *_unused(settings, files), *twice),
        unknown=tuple(shown(each.name) for each in seen.unknown),
        synthetic=is_synthetic(folder),
    )


def _unused(settings: RoomSettings, files: Sequence[Path]) -> Iterator[str]:
    """Say which settings fit no file: a mistyped name would else go unseen."""
    for part, told in (("cases", settings.cases), ("official", settings.official)):
        for pattern, each in told.items():
            if not any(fitting({pattern: each}, file) for file in files):
                yield f'{SETTINGS}: [{part}."{pattern}"] fits no file of the folder.'


def _reports(found: Recognised, settings: RoomSettings, keys: Keys) -> Iterator[TableReport]:
    if found.kind == "table":
        yield _of_file(contract(found.tables[0]), found.file, keys)
        return
    for table, outcome in make(found, settings, keys):
        if isinstance(outcome, UserError):
            yield TableReport(table, shown(found.file.name), unusable=str(outcome))
        else:
            yield examined_report(contract(table), outcome)


def _officials(found: Iterable[Recognised]) -> Iterator[TableReport]:
    """Read official tables; extracts of one are joined, and must hold all municipalities together."""
    whole: list[OfficialTable] = []
    for each in found:
        try:
            whole.append(read_official(each))
        except UserError as fault:
            indicator = each.official.indicator if each.official else ""
            yield TableReport("municipal", shown(each.file.name), indicator=indicator, unusable=str(fault))
    for table in joined(whole):
        made = examined_report(contract("municipal"), made_of_official(table))
        try:
            check_whole([each for each in whole if each.indicator == table.indicator])
        except BadData as fault:
            made = replace(withheld(made), examined=None, unusable=str(fault))
        yield replace(made, indicator=table.indicator)


def _is_database(room: str) -> bool:
    return "://" in room or (Path(room).suffix.lower() in DATABASES and Path(room).is_file())


def _database(url: str, secret: Secret | None) -> Report:
    parts = urlsplit(url)
    public = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if "://" in url else url
    # A database that does not answer is not asked for every table.
    found = [_of_database(each, url, secret) for each in contracts().values()]
    unknown = tuple(shown(each) for each in tables_in(url) if each not in contracts())
    return Report(room=public, tables=tuple(each for each in found if each is not None), unknown=unknown)


def _of_database(contract: Contract, url: str, secret: Secret | None) -> TableReport | None:
    try:
        source = _read(contract, url, secret, table=contract.table)
    except AbsentTable:
        return None
    except Unreachable:
        raise
    except BadData as fault:
        return TableReport(contract.table, contract.table, unusable=str(fault))
    return report_of(contract, source.table, source.provenance, aside=source.aside)


def _of_file(contract: Contract, file: Path, keys: Keys) -> TableReport:
    try:
        source = _read(contract, file, keys.secret, more=keys.more)
    except BadData as fault:
        return TableReport(contract.table, shown(file.name), unusable=str(fault))
    return report_of(contract, source.table, source.provenance, aside=source.aside)


def _read(
    contract: Contract,
    place: Path | str,
    secret: Secret | None,
    *,
    table: str | None = None,
    more: Sequence[str] = (),
) -> Source:
    """Read a table with its person keys hashed; without such columns it is read as it is."""
    there = {name for names in headings(Path(place)).values() for name in names} if more else set()
    also = [each for each in more if each in there]
    try:
        return read(place, table=table, keys=(*contract.people, *also), secret=secret)
    except AbsentKey:
        source = read(place, table=table, keys=also, secret=secret)
    # A contract's columns count in any case, and so do its keys.
    keys = [name for name in source.table.columns if plain_name(name) in contract.people and name not in also]
    return read(place, table=table, keys=(*keys, *also), secret=secret) if keys else source
