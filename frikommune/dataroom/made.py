"""A table made of a raw export, and what its makers share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.dataroom.headings import headings
from frikommune.dataroom.settings import SETTINGS
from frikommune.disclosure import Secret
from frikommune.errors import BadData, UserError
from frikommune.sources import Provenance, Source, read
from frikommune.sources.workspace import kept_batches


@dataclass(frozen=True, slots=True)
class Keys:
    """What becomes of person keys on the way in.

    Attributes:
        secret: What they are hashed with; without, keys that are CPR numbers are refused.
        more: Columns that are person keys too, in whichever table has them.
    """

    secret: Secret | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A table made of a raw export.

    Attributes:
        table: The table, with a column `row` where a row of it comes from one of the file.
        provenance: Where it came from.
        aside: Rows of the file set aside: columns row and reason.
        set_aside: Rows of the file set aside that are no fault, such as other areas, by reason.
        unread: Rows of the file that could not be read, by reason.
        clashes: Rows whose figure another file says differently, and which file that is; also in `aside`.
        made_of: Rows of the file, where a row of it becomes none or several; none where a row stays a row.
        notes: What there is to say, a sentence part each.
        sources: The files read: what the table draws on goes from the engine when nothing refers to it any longer.
    """

    table: Table
    provenance: Provenance
    aside: pd.DataFrame
    set_aside: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    clashes: tuple[tuple[int, ...], str] = ((), "")
    made_of: int | None = None
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def __repr__(self) -> str:
        return f"Made of {self.provenance.name}: {len(self.aside)} rows set aside"


Outcome = Made | UserError


def keyed(file: Path, names: Sequence[str], keys: Keys, *, sheet: str = "") -> Source:
    """Read a file with its person keys hashed.

    Args:
        file: The file.
        names: Columns of person keys, in any case; those that it has not are passed over.
        keys: What becomes of them.
        sheet: Sheet of a workbook; "" for the only one.

    Raises:
        BadData: It cannot be read, or holds CPR numbers that no key hides.
    """
    wanted = {each.casefold() for each in (*names, *keys.more)}
    found = headings(file)
    columns = found.get(sheet) or next((each for each in found.values() if each), ())
    there = [each for each in columns if each.casefold() in wanted]
    return read(file, table=sheet or None, keys=there, secret=keys.secret)


def beside(file: Path, name: str) -> Path:
    """Return the file of a name in the same folder.

    Raises:
        BadData: There is none.
    """
    there = file.parent / name
    if not there.is_file():
        raise BadData(f"{SETTINGS} names {name}, and there is no such file beside it.")
    return there


def in_engine(table: pa.Table) -> Table:
    """Bring a table to the engine in which the tables of files lie, so that they can go together."""
    return kept_batches(table.schema, iter([table]))


def by_reason(aside: pd.DataFrame) -> dict[str, int]:
    """Count rows set aside by reason; a row with two has one of its own."""
    return {str(reason): int(rows) for reason, rows in aside["reason"].value_counts().sort_index().items()}


def none_aside() -> pd.DataFrame:
    """Return rows set aside where there are none."""
    return pd.DataFrame({"row": pd.Series(dtype="int64"), "reason": pd.Series(dtype=object)})
