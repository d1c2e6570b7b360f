"""Fetched tables in the data room: saved whole or not at all, with provenance, and found again."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frikommune.errors import BadData

_TABLE = re.compile(r"[A-Za-z0-9_]{2,40}")
_SUFFIX = ".provenance.json"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A table that lies in the data room.

    Attributes:
        path: The file.
        service: "statbank" or "jobindsats".
        table: Key of the table.
        query: What was asked for, without any token.
        url: Where, without query and token.
        fetched: When, in UTC.
        sha256: Digest of the file.
        rows: Rows of data.
        licence: Licence and credit.
        cached: Whether it was there already.
    """

    path: Path
    service: str
    table: str
    query: dict[str, Any]
    url: str
    fetched: str
    sha256: str
    rows: int
    licence: str
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A table that is to lie in the data room.

    Attributes:
        folder: The data room.
        service: "statbank" or "jobindsats".
        table: Key of the table.
        query: What is asked for.
        url: Where.
        licence: Licence and credit.
        suffix: ".csv" or ".json".
    """

    folder: Path
    service: str
    table: str
    query: dict[str, Any]
    url: str
    licence: str
    suffix: str

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise BadData("The key of a table is letters and digits, such as AUK01 or y25i07.")

    @property
    def path(self) -> Path:
        """Where it lies: named by its table, and by its query, so that two of them never share a file."""
        asked = json.dumps([self.service, self.table.lower(), self.url, self.query], sort_keys=True)
        digest = hashlib.sha256(asked.encode()).hexdigest()[:8]
        return self.folder / f"{self.table.lower()}_{digest}{self.suffix}"


def stored(order: Order) -> Fetched | None:
    """Return the table that lies there already, or nothing: also when it is not the one that was saved."""
    about = order.path.with_name(order.path.name + _SUFFIX)
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
        body = order.path.read_bytes()
    except (OSError, ValueError):
        return None
    keys = ("service", "table", "query", "url", "fetched", "sha256", "rows", "licence")
    if not isinstance(told, dict) or set(keys) - set(told) or hashlib.sha256(body).hexdigest() != told["sha256"]:
        return None
    return Fetched(order.path, **{key: told[key] for key in keys}, cached=True)


def save(order: Order, body: bytes, rows: int, *, now: datetime | None = None) -> Fetched:
    """Save a table and its provenance: the table first, so that provenance never speaks of one that is not there.

    Raises:
        BadData: The folder cannot be written to.
    """
    told: dict[str, Any] = {
        "service": order.service,
        "table": order.table,
        "query": order.query,
        "url": order.url,
        "fetched": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "sha256": hashlib.sha256(body).hexdigest(),
        "rows": rows,
        "licence": order.licence,
    }
    try:
        order.folder.mkdir(parents=True, exist_ok=True)
        _write(order.path, body)
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        _write(order.path.with_name(order.path.name + _SUFFIX), text.encode())
    except OSError as fault:
        raise BadData(f"{order.folder} cannot be written to: {fault.strerror}; nothing was saved.") from fault
    return Fetched(order.path, **told)


def _write(path: Path, body: bytes) -> None:
    """Write a file that is there whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(body)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
