"""What the readers of exports share: a table as text in Python, and mapping files that say which column is what."""

import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import pandas as pd
from ibis.expr.types import Column, Table
from pydantic import TypeAdapter, ValidationError

from frikommune.errors import BadData, UnknownName
from frikommune.sources import Source

_Mapping = TypeVar("_Mapping")
_UNKNOWN = "unexpected_keyword_argument"


def opened(source: Source | Table) -> tuple[Table, str]:
    """Return the table of a source and what to call it in a message.

    Raises:
        BadData: The reader found CPR numbers in it or set lines of it aside: what is made of it would lack them.
    """
    table, name, masked = opened_with_marks(source)
    if masked:
        raise BadData(
            f"{name} holds CPR numbers in the column {', '.join(masked)}: name it as a key with a secret, or take them "
            f"out of the file."
        )
    return table, name


def opened_with_marks(source: Source | Table) -> tuple[Table, str, tuple[str, ...]]:
    """Return the table of a source, what to call it in a message, and its columns with markers of CPR numbers.

    Raises:
        BadData: The reader set lines of it aside: what is made of it would lack them.
    """
    if not isinstance(source, Source):
        return source, "The table", ()
    about = source.provenance
    if about.aside:
        lines = ", ".join(f"{count} with {reason}" for reason, count in about.aside.items())
        raise BadData(f"{about.name} has lines that are no rows of its table ({lines}): mend them in the file.")
    return source.table, about.name, tuple(about.masked)


def local_text(table: Table) -> pd.DataFrame:
    """Bring a small table into Python, every value as text without blanks around it; what is not there is empty.

    Raises:
        BadData: The table has no columns.
    """
    if not table.columns:
        raise BadData("The table has no columns: a heading and rows were expected.")
    texts = table.select(**{name: _as_text(table[name]).strip().fill_null("") for name in table.columns})
    return texts.to_pyarrow().to_pandas().astype(object)


def read_mapping(path: Path | str, kind: type[_Mapping]) -> _Mapping:
    """Read a mapping file (TOML) into the frozen dataclass that describes it.

    Args:
        path: The file.
        kind: The dataclass; what it does not name is refused.

    Raises:
        BadData: There is no such file, it is no TOML in UTF-8, or a part is missing or wrong.
        UnknownName: It names a part that does not exist.
    """
    path = Path(path)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise BadData(f"The mapping file {path.name} cannot be read: {fault.strerror}.") from fault
    except (ValueError, RecursionError) as fault:
        raise BadData(f"The mapping file {path.name} is no TOML in UTF-8: {fault}.") from fault
    try:
        # By JSON's rules a list becomes a tuple, while a number is still no text.
        return TypeAdapter(kind).validate_json(TypeAdapter(dict).dump_json(entries))
    except ValidationError as fault:
        raise _sentence(fault, path.name, kind) from fault


def _as_text(column: Column) -> Column:
    """Write a column out; numbers that a file holds as such get a comma, so that no point is a thousands mark."""
    text = column.cast("string")
    return text.replace(".", ",") if column.type().is_floating() else text


def _sentence(fault: ValidationError, name: str, kind: type) -> BadData | UnknownName:
    """Say the first fault of a mapping in a sentence, an unknown part before any other."""
    for each in fault.errors():
        *outer, part = [str(step) for step in each["loc"]]
        if each["type"] == _UNKNOWN and part not in (known := _parts(kind, outer)):
            return UnknownName.among(f"entry {'.'.join([*outer, '...'])} for {name}", part, known)
    first = fault.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    return BadData(f"{name}: {where} is not as expected: {first['msg'].lower()}.")


def _parts(kind: Any, outer: list[str]) -> list[str]:  # noqa: ANN401 - a type of any kind
    """Return the names that may stand in a part of a mapping; of every kind that the part may be."""
    if not outer:
        return [each.name for each in fields(kind)]
    inside = get_type_hints(kind).get(outer[0])
    kinds = [each for each in (inside, *get_args(inside)) if is_dataclass(each)]
    # The path names the kind of several, and the key or place within a mapping or list.
    inner = outer[2:] if len(kinds) > 1 or get_origin(inside) in (dict, tuple) else outer[1:]
    return [part for each in kinds for part in _parts(each, inner)]
