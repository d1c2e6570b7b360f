"""What is found in a data room: counts, periods, places and faults; never a value of a row."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from frikommune.municipalities import municipalities, name_of
from frikommune.schema import Examined, Fault
from frikommune.sources import Source

CLEAN, FAULTS, UNUSABLE = 0, 1, 2


@dataclass(frozen=True, slots=True, repr=False)
class TableReport:
    """What is found in one table.

    Attributes:
        table: Name of the table.
        file: Its file, or its table in a database.
        sha256: Digest of the file; empty for a database.
        rows: Rows read; those kept and those rejected add up to it.
        kept: Rows kept.
        rejected: Rows rejected, or set aside.
        faults: What is wrong.
        period: First and last period of the rows kept (months of dates); none when the table has no time.
        covered: Codes of the municipalities of the rows kept.
        set_aside: Rows of the file set aside that are no fault, by reason: of other areas, without a figure.
        unread: Rows of a raw export that could not be read, by reason.
        aside: The rows of both: columns row and reason; where only counts are known, there are none.
        made_of: Rows of a raw export of which one becomes none or several rows of the table (`rows` counts these);
            those set aside are among them. None where a row stays a row.
        notes: What the reader found, columns that are not known, and optional columns that are not there.
        unusable: Why nothing of it can be used; empty when it can.
        indicator: The indicator of an official table.
        examined: The table held against its contract; none when it cannot be read.
        sources: The files that it draws on, kept in the engine as long as the report is.
    """

    table: str
    file: str
    sha256: str = ""
    rows: int = 0
    kept: int = 0
    rejected: int = 0
    faults: tuple[Fault, ...] = ()
    period: tuple[str, str] | None = None
    covered: tuple[int, ...] = ()
    set_aside: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    aside: pd.DataFrame | None = None
    made_of: int | None = None
    notes: tuple[str, ...] = ()
    unusable: str = ""
    indicator: str = ""
    examined: Examined | None = None
    sources: tuple[Source, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the municipalities that no kept row is of."""
        return tuple(name_of(code) for code in municipalities() if code not in self.covered)

    @property
    def good(self) -> Table | None:
        """The rows kept, lazily; none when nothing can be used."""
        return None if self.examined is None else self.examined.kept

    def __repr__(self) -> str:
        return f"TableReport {self.table}: {self.rows} rows, {self.kept} kept, {len(self.faults)} faults"

    def as_dict(self) -> dict[str, Any]:
        """Return what it says, for a JSON file."""
        return {
            "table": self.table,
            "file": self.file,
            "indicator": self.indicator,
            "sha256": self.sha256,
            "rows": self.rows,
            "kept": self.kept,
            "rejected": self.rejected,
            "period": self.period,
            "municipalities_covered": [name_of(code) for code in self.covered],
            "municipalities_missing": list(self.missing),
            "faults": [_fault(each) for each in self.faults],
            "set_aside": self.set_aside,
            "unread": self.unread,
            "made_of": self.made_of,
            "notes": list(self.notes),
            "unusable": self.unusable,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What is found in a data room.

    Attributes:
        room: The folder or file, or the URL of the database without user and password.
        tables: What is found in each table.
        problems: What is wrong with the room itself, such as two files for one table, in sentences.
        unknown: Names of files, or tables of a database, that are no table of a data room: nothing was read of them.
        strict: Whether nothing is kept when anything is wrong.
        synthetic: Whether the room is marked as made up.
    """

    room: str
    tables: tuple[TableReport, ...]
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    strict: bool = False
    synthetic: bool = False

    @property
    def exit_code(self) -> int:
        """0 when it is clean, 1 with faults, 2 when there is no table or one that cannot be used."""
        if not (self.tables or self.problems) or any(each.unusable for each in self.tables):
            return UNUSABLE
        return FAULTS if self.problems or any(each.faults or each.unread for each in self.tables) else CLEAN

    def __repr__(self) -> str:
        return f"Report: {len(self.tables)} tables, {sum(len(each.faults) for each in self.tables)} faults"

    def as_dict(self) -> dict[str, Any]:
        """Return what it says, for a JSON file."""
        return {
            "room": self.room,
            "exit_code": self.exit_code,
            "strict": self.strict,
            "synthetic": self.synthetic,
            "problems": list(self.problems),
            "unknown": list(self.unknown),
            "tables": [each.as_dict() for each in self.tables],
        }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "column": fault.column,
        "rule": fault.rule,
        "count": fault.count,
        "first_rows": list(fault.first_rows),
        "says": fault.says,
    }
