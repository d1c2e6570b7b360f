"""One way in: what kind of file or database it is, its rows, its provenance, and no CPR number past this point."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ibis.expr.types import Table

from frikommune.disclosure import MARK, Secret, holds_cpr
from frikommune.errors import BadData
from frikommune.sources import columnar, excel, statistical, text
from frikommune.sources.columns import Read, refuse_table
from frikommune.sources.database import file_of, is_url, public, read_database
from frikommune.sources.intake import Intake
from frikommune.sources.noun import Provenance, Source
from frikommune.sources.numbers import COMMA, describe, number_styles
from frikommune.sources.profile import profile
from frikommune.sources.stamps import digest, stamp
from frikommune.sources.workspace import engine, logs_beside

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
        The table, in which no CPR number is left: one outside the keys is replaced by a marker, and
        `Provenance.masked` counts them. Lines of a text file that are no rows are set aside in `Source.aside`.

    Raises:
        AbsentTable: There is no such table.
        Unreachable: The database does not answer, or does not let us in.
        BadData: There is no such file, it cannot be read without losing or guessing something, or its keys hold CPR
            numbers while there is no secret.
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
    if reader not in (excel.read_excel, columnar.read_duckdb):
        refuse_table(table, file.name)
    before = stamp(file)
    found = _source(reader(file, table, intake), file.name, digest(file), intake, licence)
    if stamp(file) != before:
        raise BadData(f"{file.name} changed while it was read: read it again.")
    unfinished = reader is columnar.read_duckdb and logs_beside(file)
    whole = not (intake.hashed or found.provenance.masked or found.provenance.aside or unfinished)
    return replace(found, file=file) if whole else found


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
    table, masked = intake.masked(found.table, seen.long)
    _check_codes(found, masked, name)
    styles = number_styles(table, seen.marked)
    styles |= {column: style for column, style in found.styles.items() if styles.get(column) == "ambiguous"}
    styles |= {
        column: COMMA
        for column in masked
        if found.table[column].type().is_numeric() and not found.table[column].type().is_integer()
    }
    aside = {} if found.aside is None else _counts(found.aside)
    provenance = Provenance(
        name=name,
        sha256=sha256,
        rows=seen.rows,
        columns=tuple(found.table.columns),
        licence=licence,
        notes=(*found.notes, *describe(styles), *_kept_out(intake, masked, aside)),
        masked=masked,
        aside=aside,
    )
    return Source(table, provenance, found.labels, found.missing, styles, found.aside)


def _check_codes(found: Read, masked: Mapping[str, int], name: str) -> None:
    """Refuse labels and missing values that speak of CPR numbers: they would outlive them."""
    for column in masked:
        codes = (*found.labels.get(column, ()), *found.missing.get(column, ()))
        if any(holds_cpr(str(each)) for each in codes):
            raise BadData(f"{name} has a CPR number among the labelled values of {column}: take it out of the file.")


def _counts(aside: Table) -> dict[str, int]:
    counted = aside.group_by("reason").aggregate(lines=aside.count()).order_by("reason").to_pyarrow().to_pylist()
    return {each["reason"]: each["lines"] for each in counted}


def _kept_out(intake: Intake, masked: Mapping[str, int], aside: Mapping[str, int]) -> Iterator[str]:
    if intake.hashed:
        yield f"keyed hash: {', '.join(intake.hashed)}"
    if masked:
        yield f"CPR numbers, replaced by {MARK}: {', '.join(f'{column} ({n} values)' for column, n in masked.items())}"
    if aside:
        yield f"lines set aside: {', '.join(f'{n} with {reason}' for reason, n in aside.items())}"
