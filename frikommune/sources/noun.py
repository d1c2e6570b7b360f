"""What a reader gives: a table and where it came from."""

from dataclasses import dataclass, field
from pathlib import Path

from ibis.expr.types import Table

from frikommune.sources.numbers import NumberStyle


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a table came from.

    Attributes:
        name: File name without its folder, or URL without user, password and options; with the table's name, if any.
        sha256: Digest of the bytes read; empty for a database server, which has none.
        rows: Rows of the table; with the lines of `aside`, the rows of the file.
        columns: Names of the columns, in order.
        licence: Under what terms, as the caller stated it.
        notes: What was found on the way in, a sentence part each: encoding, delimiter, decimal marks, sheet, ...
        masked: Values that held a CPR number and have the marker of `disclosure.MARK` in their place, by column.
        aside: Lines of a text file that could not be read as rows of the table, by reason.
    """

    name: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    licence: str = ""
    notes: tuple[str, ...] = ()
    masked: dict[str, int] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """A table as it stands in its file: text from text files, typed from typed ones.

    Attributes:
        table: The table, lazily, in the order of the file.
        provenance: Where it came from.
        labels: Value labels by column, then by value.
        missing: User-missing values by column: single values, or (lowest, highest) for a range.
        styles: How numbers are written, by column of text; only columns with a decimal or thousands mark.
        aside: Lines that could not be read as rows, lazily: `row` (its number among all rows of the file, 1 is the
            first row of data), `line` (of the file, 1 is the first) and `reason`; none when every line was read.
        file: The file, when the table is what the digest in the provenance is of: no database, no keys hashed, nothing
            masked or set aside, no log beside a DuckDB file.
    """

    table: Table
    provenance: Provenance
    labels: dict[str, dict[object, str]] = field(default_factory=dict)
    missing: dict[str, tuple[object, ...]] = field(default_factory=dict)
    styles: dict[str, NumberStyle] = field(default_factory=dict)
    aside: Table | None = None
    file: Path | None = None

    def __repr__(self) -> str:
        return f"Source {self.provenance.name}: {self.provenance.rows} rows x {len(self.provenance.columns)} columns"
