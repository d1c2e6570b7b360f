"""The files that travel with the package: `data/` and `notebooks/`.

In a checkout they stand beside the package; in a wheel they lie inside it.
"""

import csv
import io
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from frikommune.errors import ShippedDataError

_Entry = TypeVar("_Entry")

_PACKAGE = Path(__file__).parent
_INSIDE = _PACKAGE / "_shipped"
ROOT = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent


def data_file(name: str) -> Path:
    """Return where the shipped data file `name` lies."""
    return ROOT / "data" / name


def notebook_file(name: str) -> Path:
    """Return where the shipped notebook `name` (without `.ipynb`) lies."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def read_rows(name: str) -> list[dict[str, str]]:
    """Read a shipped CSV file as a list of rows, every value still text."""
    return list(csv.DictReader(io.StringIO(data_file(name).read_text(encoding="utf-8"))))


def read_toml(name: str) -> dict[str, Any]:
    """Read a shipped TOML file."""
    return tomllib.loads(data_file(name).read_text(encoding="utf-8"))


def validated(name: str, kind: type[_Entry], entries: Iterable[dict[str, Any]]) -> tuple[_Entry, ...]:
    """Return the entries of a shipped file as what they should be, in order.

    Args:
        name: Name of the file, for the message.
        kind: What each entry is to become.
        entries: The entries as read.

    Raises:
        ShippedDataError: An entry is not what it should be.
    """
    adapter = TypeAdapter(kind)
    try:
        return tuple(adapter.validate_python(entry) for entry in entries)
    except ValidationError as fault:
        raise ShippedDataError(f"data/{name}: {fault}") from fault
