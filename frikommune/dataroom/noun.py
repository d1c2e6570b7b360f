"""What a file of a data room is found to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from frikommune.dataroom.settings import OfficialSettings
from frikommune.disclosure import holds_cpr

Kind = Literal["table", "statbank", "jobindsats", "official", "cases", "survey", "dream", "bfl"]

MANIFEST = "check.json"  # what a check found; and the sign that a folder is ours to replace
PROVENANCE = ".provenance.json"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file that is known, and what it is to become.

    Attributes:
        kind: What it is; "official" is a table of StatBank or jobindsats of which nobody has said what it holds.
        tables: The tables of the data room that it gives.
        file: The file.
        mapping: Its mapping file.
        official: What is known of an official table.
        parts: Dataset, structure and labels of a SurveyXact export: file and sheet ("" where it has none).
    """

    kind: Kind
    tables: tuple[str, ...]
    file: Path
    mapping: Path | None = None
    official: OfficialSettings | None = None
    parts: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a folder holds.

    Attributes:
        found: The files that are known.
        problems: What is wrong with the folder, in sentences.
        unknown: Files that are no table of a data room.
    """

    found: tuple[Recognised, ...]
    problems: tuple[str, ...]
    unknown: tuple[Path, ...]


def shown(name: str) -> str:
    """Return the name of a file or table for a report; one that holds a CPR number is not repeated."""
    return "(a file whose name holds a CPR number)" if holds_cpr(Path(name).stem.replace("_", " ")) else name
