"""The digest of a file, told again without reading the file when nobody can have changed it."""

import json
import os
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from frikommune.sources.encoding import file_digest

_SETTLED = 3.0  # seconds: file systems keep time more or less coarsely, FAT to two seconds


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file.

    Attributes:
        path: Where it lies.
        size: Its length [bytes].
        modified: When its bytes were last written [ns]; any program can set it.
        changed: When bytes or attributes last changed [ns]; on POSIX no program can set it.
        inode: Number of the file; another file under the same name has another.
    """

    path: str
    size: int
    modified: int
    changed: int
    inode: int


def stamp(path: Path) -> Stamp:
    """Return what the file system says of a file."""
    found = path.stat()
    return Stamp(str(path.resolve()), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def digest(path: Path, memory: Path | None = None) -> str:
    """Return the SHA-256 of the bytes of a file.

    It is told from memory when the file's stamp is the same as when it was last reckoned. Size and time of
    modification alone would not do: a row can change and both stay. The time of change goes along with every
    write; it is trusted only if the file had lain still for three seconds when the digest was reckoned, and never
    on Windows, which keeps the time of creation in its place.

    Args:
        path: The file.
        memory: Folder in which digests are remembered from one process to the next; made if it is not there.
    """
    known = known_digest(path, memory)
    return known or _reckoned(path, memory)


def known_digest(path: Path, memory: Path | None = None) -> str:
    """Return the digest of a file if it is remembered and the file is still the same; empty if not.

    Args:
        path: The file.
        memory: Folder in which digests are remembered.
    """
    now = stamp(path)
    here = _remembered().get(now)
    if here or memory is None:
        return here or ""
    try:
        entry = json.loads(_place(memory, now).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    found = str(entry["sha256"]) if isinstance(entry, dict) and entry.get("stamp") == asdict(now) else ""
    return found if len(found) == len("0" * 64) else ""


def _reckoned(path: Path, memory: Path | None) -> str:
    before, lain = stamp(path), time.time() - path.stat().st_ctime
    found = file_digest(path)
    if os.name != "nt" and lain > _SETTLED and stamp(path) == before:
        _remembered()[before] = found
        if memory is not None:
            # To remember spares time and no more: a full or foreign folder is no reason to stop.
            with suppress(OSError):
                _write(_place(memory, before), {"stamp": asdict(before), "sha256": found})
    return found


def _write(place: Path, entry: dict[str, object]) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_suffix(f".{uuid.uuid4().hex}.part")
    try:
        part.write_text(json.dumps(entry), encoding="utf-8")
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _place(memory: Path, of: Stamp) -> Path:
    return memory / f"{Path(of.path).name}.digest"


@cache
def _remembered() -> dict[Stamp, str]:
    return {}
