"""What every question asks of a register: which rows count, and which columns and values are days."""

from collections.abc import Callable
from datetime import date, datetime
from numbers import Integral
from typing import Any, TypeAlias

from ibis.common.deferred import Deferred
from ibis.common.exceptions import IbisError
from ibis.expr.datatypes import DataType
from ibis.expr.types import Table, Value

from frikommune.errors import BadData, BadDesign

Where: TypeAlias = Value | Deferred | Callable[[Table], Value] | None


def counting(table: Table, where: Where) -> Table:
    """Return the rows that count.

    Args:
        table: The register.
        where: The condition; without, all rows.

    Raises:
        BadData: It asks for a column that is not there.
        BadDesign: It is no condition.
    """
    if where is None:
        return table
    found = () if isinstance(where, str) else bound(table, where, "where=")
    if not found or not all(each.type().is_boolean() for each in found):
        raise BadDesign("where= takes a condition on the rows, such as _.weeks > 22.")
    return table.filter(*found)


def bound(table: Table, asked: Any, what: str) -> tuple[Value, ...]:  # noqa: ANN401 -- whatever Ibis takes
    """Return an expression as values of the register.

    Args:
        table: The register.
        asked: The expression.
        what: What it is for.

    Raises:
        BadData: It asks for a column, or a function of one, that is not there.
    """
    try:
        return table.bind(asked)
    except (AttributeError, IbisError):
        raise BadData(
            f"{what} asks for a column, or a function of one, that is not there: the columns are "
            f"{', '.join(table.columns[:30])}."
        ) from None


def whole_weeks(weeks: object, what: str) -> int:
    """Return a number of weeks.

    Args:
        weeks: The number.
        what: What it is for.

    Raises:
        BadDesign: It is no whole number from one on.
    """
    if not isinstance(weeks, Integral) or isinstance(weeks, bool) or weeks < 1:
        raise BadDesign(f"{what} of {weeks!r} weeks was asked for: a whole number from 1 on was expected, such as 52.")
    return int(weeks)


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
