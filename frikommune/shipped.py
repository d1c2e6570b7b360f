"""The files that travel with the package: `data/` and `notebooks/`.

In a checkout they stand beside the package; in a wheel they lie inside it.
"""

import csv
import io
import tomllib
from pathlib import Path
from typing import Any

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
