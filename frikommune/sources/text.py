"""Text tables: delimiter and heading are found here, and the engine is told everything, so that it guesses nothing."""

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.sources.columns import Read, column_names
from frikommune.sources.encoding import Text, as_utf8, rewritten
from frikommune.sources.intake import Intake
from frikommune.sources.ragged import parted
from frikommune.sources.workspace import engine, exactly, row_count, viewed

SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
_WORDS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar"}
_NONE = "\x1f"  # unit separator: for a table of one column, in which no delimiter separates anything
_ENDS = re.compile(r"\r\n|\n|\r")
_SAMPLE_RECORDS, _SAMPLE_CHARACTERS = 200, 1 << 20
_HINT = re.compile(r"sep=([;,\t|])", re.IGNORECASE)  # a first line that spreadsheets write and understand
_LINE, _WIDTHS = re.compile(r"Error on Line: (\d+)"), re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text table is laid out.

    Attributes:
        delimiter: What stands between values.
        names: Names of the columns.
        skipped: The lines before the heading: blank, or a hint for spreadsheets.
        notes: What there is to say about it.
    """

    delimiter: str
    names: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]


def read_text(path: Path, intake: Intake) -> Read:
    """Read a delimited text file; every value stays the text that it is, and an empty one is missing.

    Lines that are no rows, with too many or too few values or a quotation mark that is not closed, are set aside.

    Raises:
        BadData: It is empty, no line is a row, a name stands twice in the heading, or it is not text.
    """
    text = as_utf8(path)
    try:
        # Without quotation marks a line end is the end of a row, and rows that end in two ways are made alike.
        several = len(text.lines.ends) > 1
        if several and not text.lines.quoted:
            text = rewritten(text)
        layout = _layout(text, path.name)
        intake.check(layout.names, path.name)
        table, aside = _parsed(text, layout, path.name, intake)
    finally:
        if text.copied:
            text.path.unlink(missing_ok=True)
    notes = [f"encoding {text.encoding}", f"delimiter {_WORDS.get(layout.delimiter, 'none: one column')}"]
    alike = ["line ends of several kinds"] if several else []
    return Read(table, (*notes, *alike, *layout.notes), aside=aside)


def _layout(text: Text, name: str) -> _Layout:
    with text.path.open(encoding="utf-8-sig", newline="") as handle:
        sample = handle.read(_SAMPLE_CHARACTERS)
    lines = _ENDS.split(sample)
    blank = next((n for n, line in enumerate(lines) if line), None)
    if blank is None:
        raise BadData(f"{name} is empty: a heading with the names of the columns was expected.")
    hint = _HINT.fullmatch(lines[blank])
    skipped = tuple(lines[: blank + bool(hint)])
    rest = _ENDS.sub("\n", sample).split("\n", len(skipped))[-1]
    delimiter = hint[1] if hint else _delimiter(rest, name)
    names, notes = column_names(next(iter(_records(rest, delimiter)), []), name)
    return _Layout(delimiter, names, skipped, notes)


def _delimiter(sample: str, name: str) -> str:
    """Return the delimiter by which most records are as wide as the heading, and it is widest."""
    scores: dict[str, tuple[float, int]] = {}
    for delimiter, word in _WORDS.items():
        widths = [len(each) for each in _records(sample, delimiter)]
        if widths and widths[0] > 1:
            # A row may end with a delimiter after which nothing stands.
            fitting = sum(each - widths[0] in (0, 1) for each in widths)
            scores[delimiter] = (fitting / len(widths), widths[0])
        elif delimiter != "," and len(widths) > 1 and min(widths[1:]) > 1:
            raise BadData(
                f"{name}: the heading has one column, and the rows have {min(widths[1:])} with {word} as "
                f"delimiter: put the names of all columns in the first row."
            )
    return max(scores.items(), key=lambda each: each[1])[0] if scores else _NONE


def _records(sample: str, delimiter: str) -> list[list[str]]:
    """Return the first records, without blank ones and without the last, which the sample may cut off."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        found.extend(islice((each for each in reader if each), _SAMPLE_RECORDS))
    except csv.Error:
        # A value of more than 128 kB: what came before it tells the layout.
        return found
    return found[:-1] if len(sample) >= _SAMPLE_CHARACTERS and 1 < len(found) < _SAMPLE_RECORDS else found


def _parsed(text: Text, layout: _Layout, name: str, intake: Intake) -> tuple[Table, Table | None]:
    """Return the table, and the lines that are no rows of it."""
    try:
        table = _stored(text, layout, intake)
    except duckdb.Error as fault:
        reason = _reason(str(fault), layout)
    else:
        _check_rows(table, text, layout, name)
        return table, None
    if len(text.lines.ends) > 1 and text.lines.quoted:
        with suppress(duckdb.Error):
            return _parsed_alike(text, layout, intake), None
    return _parsed_apart(text, layout, intake, f"{name} {reason}")


def _parsed_alike(text: Text, layout: _Layout, intake: Intake) -> Table:
    alike = rewritten(replace(text, copied=False))
    try:
        return _stored(alike, layout, intake)
    finally:
        alike.path.unlink(missing_ok=True)


def _parsed_apart(text: Text, layout: _Layout, intake: Intake, refusal: str) -> tuple[Table, Table]:
    """Read the rows without the lines that are none; where hardly a line is one, the table is another than it seems."""
    found, aside = parted(text, width=len(layout.names), delimiter=layout.delimiter, skipped=len(layout.skipped))
    try:
        if not found.kept:
            raise BadData(refusal)
        table = _stored(replace(text, path=found.path), replace(layout, skipped=()), intake)
    except duckdb.Error:
        raise BadData(refusal) from None
    finally:
        found.path.unlink(missing_ok=True)
    if row_count(table) != found.kept:
        raise BadData(refusal)
    return table, aside


def _stored(text: Text, layout: _Layout, intake: Intake) -> Table:
    """Let the engine parse the file with nothing left to find out, and keep what it reads."""

    def view(name: str) -> Table:
        return engine().read_csv(
            exactly(text.path),
            table_name=name,
            columns=dict.fromkeys(layout.names, "VARCHAR"),
            delim=layout.delimiter,
            skip=len(layout.skipped),
            quote='"',
            escape='"',
            comment="",
            nullstr="",
            allow_quoted_nulls=True,
            header=True,
            auto_detect=False,
            strict_mode=True,
            null_padding=False,
            ignore_errors=False,
            hive_partitioning=False,
            compression="none",
        )

    with viewed(view) as table:
        return intake.kept(table)


def _check_rows(table: Table, text: Text, layout: _Layout, name: str) -> None:
    """Compare the rows read with the lines of the file, where nothing is quoted and a line is a row."""
    if text.lines.quoted:
        return
    # The engine passes over a blank line, but for a table of one column, in which it is a missing value.
    one = len(layout.names) == 1
    lines = text.lines.filled + (text.lines.blank if one else 0)
    before = 1 + sum(one or line != "" for line in layout.skipped)
    rows = row_count(table)
    if rows != lines - before:
        raise BadData(f"{name} has {lines - before} rows, of which {rows} could be read: save it again as UTF-8.")


def _reason(fault: str, layout: _Layout) -> str:
    """Say what is wrong without the engine's own message, which quotes the row."""
    line = _LINE.search(fault)
    where = f"in line {line[1]} " if line else ""
    if widths := _WIDTHS.search(fault):
        return f"has {widths[2]} values {where}where the heading has {widths[1]}: mend that line."
    if "maximum line size" in fault.lower():
        return f"has a row {where}of more than two million characters: a value that long is no table."
    if "unterminated quote" in fault:
        return f"has a quotation mark {where}that is not closed or not doubled: mend that line."
    return f"cannot be read {where}as a table of {len(layout.names)} columns: save it again as CSV in UTF-8."
