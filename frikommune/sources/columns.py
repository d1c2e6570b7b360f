"""The names of columns, and what a reader hands over before it becomes a `Source`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ibis.expr.types import Table

from frikommune.disclosure import holds_cpr
from frikommune.errors import BadData, FrikommuneError
from frikommune.sources.numbers import NumberStyle

_MOST = 20_000
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)*(?:[eE][-+]?[0-9]+)?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")


class AbsentTable(BadData):
    """A table that is not in the database, file or workbook."""


class Unreachable(BadData):
    """A database that does not answer, does not let us in, or is none."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader of one format found.

    Attributes:
        table: The table.
        notes: What was found on the way.
        labels: Value labels, by column.
        missing: User-missing values, by column.
        styles: How numbers are written, by column, where the format tells.
        aside: Lines that could not be read, as `Source.aside` has them.
    """

    table: Table
    notes: tuple[str, ...] = ()
    labels: dict[str, dict[object, str]] = field(default_factory=dict)
    missing: dict[str, tuple[object, ...]] = field(default_factory=dict)
    styles: dict[str, NumberStyle] = field(default_factory=dict)
    aside: Table | None = None


def column_names(heading: Iterable[object], where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that a heading gives, without white space around them, and a note if any had none.

    A column without a name is called by its place, such as `column_4`.

    Args:
        heading: What stands in the heading.
        where: Which file.

    Raises:
        BadData: There is no heading, a name stands twice (capital letters make no difference), there are too many
            columns, or a name holds a CPR number.
    """
    found = ["" if each is None else str(each).strip() for each in heading]
    if not any(found):
        raise BadData(f"{where} is empty: a heading with the names of the columns was expected.")
    if len(found) > _MOST:
        raise BadData(f"{where} has {len(found)} columns: at most {_MOST} are read.")
    if all(_NUMBER.fullmatch(each) for each in found if each):
        raise BadData(
            f"{where} has numbers where its heading should be: put a first row with the names of the columns."
        )
    names = tuple(name or f"column_{n}" for n, name in enumerate(found, start=1))
    check_names(names, where)
    unnamed = [name for name, given in zip(names, found, strict=True) if not given]
    return names, (f"columns without a name: {', '.join(unnamed)}",) if unnamed else ()


def check_names(names: Iterable[str], where: str) -> None:
    """Refuse names that stand twice, capital letters apart, or hold a CPR number.

    Raises:
        BadData: One does.
    """
    names = tuple(names)
    if any(holds_cpr(name) for name in names):
        raise BadData(
            f"{where} has a CPR number in the name of a column: persons should be rows, with the key in a column."
        )
    counts = Counter(name.casefold() for name in names)
    twice = sorted({name for name in names if counts[name.casefold()] > 1})
    if twice:
        raise BadData(
            f"{where} has the column {', '.join(twice[:5])} more than once: give each column a name of its own."
        )


@contextmanager
def damage(where: str, what: str) -> Iterator[None]:
    """Turn whatever another package raises while it unpacks a damaged file into one sentence.

    Args:
        where: Which file.
        what: What is to be said of it.

    Raises:
        BadData: Anything was raised that was not meant for the user.
    """
    try:
        yield
    except FrikommuneError:
        raise
    except Exception:  # noqa: BLE001 -- on damaged bytes, unpackers raise almost every kind of error
        raise BadData(f"{where} {what}.") from None
