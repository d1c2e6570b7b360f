"""What several files of a room say of the same thing: none can tell which is right."""

from collections.abc import Iterable, Sequence

from frikommune.dataroom.examined import withheld
from frikommune.dataroom.report import TableReport
from frikommune.schema import contract

_JOINED = ("cases", "survey")


def said_twice(tables: Iterable[TableReport]) -> tuple[list[TableReport], list[str]]:
    """Keep nothing of a file that says again what another has said.

    These are official files whose indicator the table `municipal` has too, and case exports and surveys that share
    rows with an earlier one.

    Returns:
        The tables, and a sentence for each of these files.
    """
    tables, problems = list(tables), []
    own = next((each for each in tables if each.table == "municipal" and not each.indicator), None)
    held = _indicators(own)
    for place, each in enumerate(tables):
        if own is not None and each.indicator in held:
            problems.append(
                f"{own.file} and {each.file} both hold {each.indicator}: the figures of {each.file} are not kept. "
                "Take them out of one of the two."
            )
            tables[place] = withheld(each)
        elif each.table in _JOINED and (earlier := _shared(each, tables[:place])):
            other, rows = earlier
            keys = ", ".join(contract(each.table).keys)
            problems.append(
                f"{other} and {each.file} share {rows} rows of {each.table} (the same {keys}): nothing of {each.file} "
                "is kept. Take these rows out of one of the two."
            )
            tables[place] = withheld(each)
    return tables, problems


def _indicators(own: TableReport | None) -> set[str]:
    if own is None or own.good is None:
        return set()
    return set(own.good.select("indicator").distinct().to_pyarrow()["indicator"].to_pylist())


def _shared(table: TableReport, earlier: Sequence[TableReport]) -> tuple[str, int] | None:
    """Return the first earlier file with rows of the same keys, and how many; none when there is none."""
    for other in earlier:
        if other.table == table.table and other.good is not None and table.good is not None and other.kept:
            keys = list(contract(table.table).keys)
            rows = int(table.good.semi_join(other.good, keys).count().to_pyarrow().as_py())
            if rows:
                return other.file, rows
    return None
