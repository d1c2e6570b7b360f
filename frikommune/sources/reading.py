"""One way in: what kind of file or database it is, its rows, its provenance, and no CPR number past this point."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from frikommune.disclosure import Secret, holds_cpr
from frikommune.errors import BadData
from frikommune.sources import columnar, excel, statistical, text
from frikommune.sources.columns import Read
from frikommune.sources.database import file_of, is_url, public, read_database
from frikommune.sources.intake import Intake
from frikommune.sources.noun import Provenance, Source
from frikommune.sources.numbers import describe, number_styles
from frikommune.sources.profile import profile
from frikommune.sources.stamps import digest, stamp
from frikommune.sources.workspace import engine

_READERS: dict[tuple[str, ...], Callable[[Path, str | None, Intake], Read]] = {
    text.SUFFIXES: lambda path, _, intake: text.read_text(path, intake),
    excel.SUFFIXES: excel.read_excel,
    columnar.PARQUET: lambda path, _, intake: columnar.read_parquet(path, intake),
    columnar.FEATHER: lambda path, _, intake: columnar.read_feather(path, intake),
    statistical.SUFFIXES: lambda path, _, intake: statistical.read_statistical(path, intake),
    columnar.DUCKDB: columnar.read_duckdb,
}


def read(
    path: Path | str,
    *,
    table: str | None = None,
    keys: Sequence[str] = (),
    secret: Secret | None = None,
    licence: str = "",
) -> Source:
    """Read a table from a file or database, in the order of its rows, with its provenance.

    Text files (.csv, .tsv, .tab, .txt) and Excel workbooks are copied to the engine, so that what is reckoned later is
    what was read now; so are Feather, SPSS, Stata and SAS files. Parquet files, DuckDB files and databases are read
    where they lie, unless they have keys to hash. In text files every value stays text, an empty one is missing, and
    `Source.styles` says how numbers are written: turn them into numbers with `number`.

    Args:
        path: A file, or a URL such as `postgres://user:password@host/database` or `duckdb:///path/of/file.duckdb`.
        table: Sheet of a workbook or table of a database; without, the only one.
        keys: Columns of person keys; with a secret, they become keyed hashes (see `disclosure.keyed`).
        secret: What the hashes are made with (see `disclosure.secret`).
        licence: Terms of use, to be carried along.

    Returns:
        The table, in which no CPR number is left.

    Raises:
        BadData: There is no such file or table, it cannot be read without losing or guessing something, or it holds CPR
            numbers outside its keys, or within them while there is no secret.
    """
    engine()  # a fault of its own must not be taken for a damaged file
    intake = Intake(tuple(keys), secret)
    url = str(path) if is_url(str(path)) else ""
    file = file_of(url) if url else Path(path)
    if file is None:
        return _source(read_database(url, table, intake), public(url), "", intake, licence)
    _check_file(file)
    reader = next((each for suffixes, each in _READERS.items() if file.suffix.lower() in suffixes), None)
    if url:
        reader = columnar.read_duckdb
    if reader is None:
        known = ", ".join(suffix for suffixes in _READERS for suffix in suffixes)
        raise BadData(f"{file.name} is of no kind that can be read: its name should end with one of {known}.")
    before = stamp(file)
    found = _source(reader(file, table, intake), file.name, digest(file), intake, licence)
    if stamp(file) != before:
        raise BadData(f"{file.name} changed while it was read: read it again.")
    return found if intake.hashed else replace(found, file=file)


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder, by name.

    Raises:
        BadData: There is no such folder.
    """
    if not folder.is_dir():
        raise BadData(f"There is no folder {folder}: a folder with the tables of a data room was expected.")
    return tuple(sorted(each for each in folder.iterdir() if each.is_file()))


def _check_file(file: Path) -> None:
    if holds_cpr(file.stem):
        raise BadData("The name of a file holds a CPR number: give it another name.")
    if not file.is_file():
        raise BadData(f"There is no file {file.name} in {file.parent}.")
    if file.stat().st_size == 0:
        raise BadData(f"{file.name} is empty: it has no bytes.")


def _source(found: Read, name: str, sha256: str, intake: Intake, licence: str) -> Source:
    if any(holds_cpr(label) for each in found.labels.values() for label in each.values()):
        raise BadData(f"{name} has a CPR number in the label of a value: take it out of the file.")
    seen = profile(found.table)
    intake.guard(found.table, seen.long, name)
    styles = number_styles(found.table, seen.marked)
    styles |= {column: style for column, style in found.styles.items() if styles.get(column) == "ambiguous"}
    hashed = (f"keyed hash: {', '.join(intake.hashed)}",) if intake.hashed else ()
    provenance = Provenance(
        name=name,
        sha256=sha256,
        rows=seen.rows,
        columns=tuple(found.table.columns),
        licence=licence,
        notes=(*found.notes, *describe(styles), *hashed),
    )
    return Source(found.table, provenance, found.labels, found.missing, styles)
