"""What every question asks of a register: which rows count, and which columns and values are days."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAlias

from ibis.common.deferred import Deferred
from ibis.expr.datatypes import DataType
from ibis.expr.types import Table, Value

from frikommune.errors import BadDesign

Where: TypeAlias = Value | Deferred | Callable[[Table], Value] | None


def counting(table: Table, where: Where) -> Table:
    """Return the rows that count.

    Args:
        table: The register.
        where: The condition; without, all rows.

    Raises:
        BadDesign: It is no condition.
    """
    if where is None:
        return table
    found = () if isinstance(where, str) else table.bind(where)
    if not found or not all(each.type().is_boolean() for each in found):
        raise BadDesign("where= takes a condition on the rows, such as _.weeks > 22.")
    return table.filter(*found)


def has_days(kind: DataType) -> bool:
    """Tell whether a type holds days. A time with a zone does not: its day depends on where one stands."""
    return bool(kind.is_date() or (kind.is_timestamp() and kind.timezone is None))


def as_day(day: object, name: str) -> date | str:
    """Return a day, or the name of the column that holds it.

    Args:
        day: A date, a time or a name.
        name: What it is for.

    Raises:
        BadDesign: It is none of them.
    """
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date | str):
        return day
    raise BadDesign(f"{name}= takes a date, or the name of the column that holds it for each row.")
