"""The mapping file of a case export: which column is what, and what marks the use of a waiver.

system = "KMD Momentum"
dates = ["%d-%m-%Y"]
ignored = ["Sagsbehandler"]

[columns]
person_key = "Borger"
kommune = "Kommune"              # or kommune_kode = 813 above, when the export is of one municipality
target_group = "Målgruppe"
opened = "Oprettet"

[target_groups]
"Ressourceforløb" = "ressourceforloeb"

[waiver]
column = "Mærker"
separator = ";"
form = "{date} {tag}"
used = ["Frikommuneforsøg: rehabilitering"]
"""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from frikommune.errors import BadData
from frikommune.exports import read_mapping
from frikommune.municipalities import name_of

# The dates of a case, in the order in which they fall.
DATES = ("opened", "decided", "meeting", "closed")

_STRICT = ConfigDict(extra="forbid", strict=True, str_min_length=1)


@dataclass(frozen=True, slots=True)
class CaseColumns:
    """Which column of an export holds what.

    Attributes:
        person_key: Key of the person.
        target_group: Target group.
        opened: Day on which the case was opened.
        kommune: Municipality, by name or code; none when the export is of one municipality.
        decided: Day of the decision.
        meeting: Day of the meeting, such as that of the rehabilitation team.
        closed: Day on which the case was closed.
    """

    __pydantic_config__ = _STRICT

    person_key: str
    target_group: str
    opened: str
    kommune: str | None = None
    decided: str | None = None
    meeting: str | None = None
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Tags:
    """A column of dated tags, several in a cell, some of which mark the use of the waiver.

    Attributes:
        column: The column.
        used: Tags that mark the use, in any case.
        form: How a tag is written, with {date} and {tag}.
        separator: What stands between two tags.
    """

    __pydantic_config__ = _STRICT

    column: str
    used: tuple[str, ...]
    form: str
    separator: str = ";"


@dataclass(frozen=True, slots=True)
class WaiverColumn:
    """A column that says whether the waiver was used.

    Attributes:
        column: The column.
        used: Values that mean that it was, in any case.
        date: Column of the day on which it was used.
    """

    __pydantic_config__ = _STRICT

    column: str
    used: tuple[str, ...]
    date: str | None = None


@dataclass(frozen=True, slots=True)
class CaseMapping:
    """How a case export becomes the `cases` table.

    Attributes:
        system: Name of the system it comes from.
        columns: Which column is what.
        waiver: What marks the use of the waiver.
        dates: Forms of the dates, as in `strptime`; the first that fits is taken.
        kommune_kode: Code of the municipality, when the export is of one.
        decimal: Decimal mark of the numbers.
        numbers: Columns of numbers to keep, by the name that they get.
        target_groups: Key of every target group, by the value in the export; as they stand when empty.
        ignored: Columns that are known and not wanted.
    """

    __pydantic_config__ = _STRICT

    system: str
    columns: CaseColumns
    waiver: Tags | WaiverColumn
    dates: tuple[str, ...] = ("%d-%m-%Y",)
    kommune_kode: int | None = None
    decimal: Literal[",", "."] = ","
    numbers: dict[str, str] = field(default_factory=dict)
    target_groups: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def named(self) -> tuple[str, ...]:
        """Return the columns of the export that are read."""
        ours = [getattr(self.columns, each.name) for each in fields(self.columns)]
        ours += [self.waiver.column, getattr(self.waiver, "date", None), *self.numbers.values()]
        return tuple(dict.fromkeys(each for each in ours if each is not None))


def read_case_mapping(path: Path | str) -> CaseMapping:
    """Read and check a mapping file.

    Raises:
        BadData: There is no such file, it is no TOML, a part of it is missing or wrong, or a form cannot be used.
        UnknownName: It names a part or a municipality that does not exist.
    """
    mapping = read_mapping(path, CaseMapping)
    _check(mapping, Path(path).name)
    return mapping


def tag_pattern(form: str) -> tuple[str, int, int]:
    """Return the pattern of a tag, and which of its groups are the tag and the date.

    Args:
        form: How a tag is written, with {date} and {tag}: "{date}: {tag}" or "{tag} ({date})".
    """
    pattern = re.escape(form).replace(r"\{date\}", "(.+?)").replace(r"\{tag\}", "(.+?)")
    tag_first = form.index("{tag}") < form.index("{date}")
    return f"^{pattern.replace(chr(92) + ' ', ' +')}$", *((1, 2) if tag_first else (2, 1))


def _check(mapping: CaseMapping, name: str) -> None:
    if (mapping.kommune_kode is None) == (mapping.columns.kommune is None):
        raise BadData(f"{name}: either columns.kommune or kommune_kode was expected, and one of them only.")
    if mapping.kommune_kode is not None:
        name_of(mapping.kommune_kode)
    if not mapping.dates or not all("%" in each for each in mapping.dates):
        raise BadData(f'{name}: dates holds {len(mapping.dates)} forms; forms such as "%d-%m-%Y" were expected.')
    if not mapping.waiver.used or not all(each.strip() for each in mapping.waiver.used):
        raise BadData(f"{name}: waiver.used must name the values that mark the use of the waiver.")
    if isinstance(mapping.waiver, Tags) and not all(
        mapping.waiver.form.count(part) == 1 for part in ("{date}", "{tag}")
    ):
        raise BadData(f'{name}: waiver.form must hold {{date}} and {{tag}} once each, as in "{{date}} {{tag}}".')
    clash = set(mapping.numbers) & {*DATES, "person_key", "kommune_kode", "target_group", "waiver_used", "waiver_date"}
    if clash:
        raise BadData(
            f"{name}: numbers cannot be called {', '.join(sorted(clash))}: the cases table has these already."
        )
