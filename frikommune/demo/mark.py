"""The mark that a folder is a synthetic register, and which one: what is not marked is never replaced."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from frikommune.errors import BadData
from frikommune.version import __version__

MARK = "demo.json"
_SYNTHETIC = {"synthetic": True}


@dataclass(frozen=True, slots=True)
class Mark:
    """Which synthetic register a folder holds: the same mark, the same bytes.

    Attributes:
        size: Ratio of the number of persons to that of size 1.
        seed: Seed of all chance.
        effects: SHA-256 of the file of effects; empty for the shipped ones.
        planted: Whether faults were planted.
        version: Version of the package that made it.
    """

    size: float
    seed: int
    effects: str = ""
    planted: bool = False
    version: str = __version__


def mark_of(*, size: float, seed: int, effects: Path | None = None, planted: bool = False) -> Mark:
    """Return the mark of a register that these arguments make.

    Args:
        size: Ratio of the number of persons to that of size 1.
        seed: Seed of all chance.
        effects: The file of effects, where there is one.
        planted: Whether faults are planted.
    """
    digest = "" if effects is None else sha256(effects.read_bytes()).hexdigest()
    return Mark(float(size), seed, digest, planted)


def write_mark(mark: Mark, folder: Path) -> None:
    """Mark a folder as a synthetic register."""
    text = json.dumps(_SYNTHETIC | asdict(mark), indent=1)
    (folder / MARK).write_text(f"{text}\n", encoding="utf-8")


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of a folder; none when it is no synthetic register.

    Raises:
        BadData: There is a mark, and it cannot be read.
    """
    file = folder / MARK
    if not file.is_file():
        return None
    try:
        return Mark(**{name: value for name, value in json.loads(file.read_bytes()).items() if name not in _SYNTHETIC})
    except (ValueError, TypeError, AttributeError) as fault:
        raise BadData(f"{file} is not what `frikommune demo` wrote: make the synthetic register again.") from fault


def refuse_others(folder: Path) -> None:
    """Refuse a folder that holds anything but a synthetic register.

    Raises:
        BadData: It is a file, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise BadData(f"{folder} is a file: a folder was expected.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BadData(f"{folder} holds something else than a synthetic register: choose an empty or new folder.")
