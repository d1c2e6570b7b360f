"""The contracts of the seven tables, from `data/contracts.toml`, checked when they are loaded."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from frikommune.errors import UnknownName
from frikommune.shipped import read_toml, validated

Type = Literal["text", "integer", "number", "date", "period", "boolean", "municipality_code", "person_key", "trial"]

# A date outside these years is a mistyped one: no register that we know of holds it.
FIRST_YEAR, LAST_YEAR = 1990, 2100

_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, config=_STRICT)
class Column:
    """One column of a table.

    Attributes:
        name: Its name.
        type: What its values are; `trial` is the key of a trial, `person_key` a pseudonym.
        da: What it holds, in Danish.
        en: The same in English.
        required: Whether it must be there, and be filled in every row.
        unit_da: Its unit, in Danish.
        unit_en: Its unit, in English.
        least: Smallest value [unit].
        greatest: Largest value [unit].
        allowed: The only values that a text may have; empty when any will do.
        frequency: "Y", "Q" or "M" when its periods must all be of that kind.
        earliest: First day that a date may have.
    """

    name: str
    type: Type
    da: str
    en: str
    required: bool = False
    unit_da: str = ""
    unit_en: str = ""
    least: float | None = None
    greatest: float | None = None
    allowed: tuple[str, ...] = ()
    frequency: Literal["Y", "Q", "M"] | None = None
    earliest: date | None = None


@checked(frozen=True, slots=True, config=_STRICT)
class Order:
    """A rule that one column is never above another in the same row, where both are filled.

    Attributes:
        key: Short name of the fault.
        low: The column that must not be above (for dates: later than) the other.
        high: The other.
        da: The fault in words, in Danish.
        en: The same in English.
    """

    key: str
    low: str
    high: str
    da: str
    en: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What a table must contain.

    Attributes:
        table: Its name.
        row_da: What a row is, in Danish.
        row_en: The same in English.
        columns: Its columns, in order.
        keys: Columns that together name a row.
        time: Columns that tell the period that the table covers; empty when it has none.
        rules: Rules between columns.
        never_overlapping: Columns within whose values the days from `start` to `end` may not overlap.
    """

    table: str
    row_da: str
    row_en: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    time: tuple[str, ...]
    rules: tuple[Order, ...] = field(default=())
    never_overlapping: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check that every column that is spoken of is there."""
        ends = {each for rule in self.rules for each in (rule.low, rule.high)}
        unknown = {*self.keys, *self.time, *ends, *self.never_overlapping} - set(self.names)
        if unknown:
            raise ValueError(f"{self.table}: {', '.join(sorted(unknown))} are spoken of, but are no columns")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(each.name for each in self.columns)

    @property
    def people(self) -> tuple[str, ...]:
        """The columns that hold person keys: empty when a row is no person's."""
        return tuple(each.name for each in self.columns if each.type == "person_key")

    def __getitem__(self, name: str) -> Column:
        """Return one column."""
        return next(each for each in self.columns if each.name == name)


@cache
def contracts() -> dict[str, Contract]:
    """Return the contracts of the seven tables, by table.

    Raises:
        ShippedDataError: `data/contracts.toml` is not what it should be.
    """
    entries = []
    for table, entry in read_toml("contracts.toml").items():
        columns = [{"name": name, **column} for name, column in entry.pop("columns").items()]
        entries.append({"table": table, **entry, "columns": columns})
    return {each.table: each for each in validated("contracts.toml", Contract, entries)}


def contract(table: str) -> Contract:
    """Return the contract of one table.

    Raises:
        UnknownName: There is no such table.
    """
    if table not in contracts():
        raise UnknownName.among("table", table, contracts())
    return contracts()[table]
