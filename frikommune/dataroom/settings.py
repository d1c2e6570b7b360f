"""The settings of a data room: what raw exports do not say by themselves, in one small file `room.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ConfigDict

from frikommune.exports import read_mapping
from frikommune.records import Dash, GapRule

SETTINGS = "room.toml"

_STRICT = ConfigDict(extra="forbid", strict=True, str_min_length=1)
_Setting = TypeVar("_Setting")


@dataclass(frozen=True, slots=True)
class DreamSettings:
    """How a DREAM extract is read.

    Attributes:
        gap_rule: Kind of the rule by which weeks become spells; there is no usual one, so that it must be named.
        weeks: The number of weeks of the kinds "weeks" and "minimum" [weeks].
        person: Column of the person key.
        kommune: Column of the municipality, or what stands before the date in dated ones.
        codes: Name of an edited copy of the code table in the folder.
        tables: The tables that are made of it.
    """

    __pydantic_config__ = _STRICT

    gap_rule: Literal["consecutive", "weeks", "minimum", "calendar_month"]
    weeks: int = 0
    person: str = "person_key"
    kommune: str = "kommune_kode"
    codes: str | None = None
    tables: tuple[Literal["spells", "months"], ...] = ("spells", "months")

    @property
    def rule(self) -> GapRule:
        """The gap rule.

        Raises:
            BadDesign: Its number of weeks is missing or of no use to it.
        """
        return GapRule(self.gap_rule, self.weeks)


@dataclass(frozen=True, slots=True)
class BflSettings:
    """How BFL is read.

    Attributes:
        population: Name of the file in the folder that says whom the study holds.
        person: Column of the person key.
        month: Column of the month.
        hours: Column of the paid hours.
    """

    __pydantic_config__ = _STRICT

    population: str | None = None
    person: str = "person_key"
    month: str = "month"
    hours: str = "hours"


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """What a case export does not say.

    Attributes:
        trial: Key of the trial whose waiver its cases could use.
    """

    __pydantic_config__ = _STRICT

    trial: str


@dataclass(frozen=True, slots=True)
class OfficialSettings:
    """What an official table does not say.

    Attributes:
        indicator: Key of the indicator that its figures are.
        measure: Column of figures, where jobindsats has several.
        kind: Kind of period to keep, where jobindsats has several; rolling years overlap and are no choice.
        dash: What "-" means in it; none leaves it to `data/indicators.toml`.
        choose: The value to keep of every dimension that has several, by column.
    """

    __pydantic_config__ = _STRICT

    indicator: str
    measure: str | None = None
    kind: Literal["M", "Q", "Y"] | None = None
    dash: Dash | None = None
    choose: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """The settings of a data room.

    Attributes:
        dream: How a DREAM extract is read.
        bfl: How BFL is read.
        cases: What case exports do not say, by name or pattern of the file.
        official: What official tables do not say, by name or pattern of the file.
    """

    __pydantic_config__ = _STRICT

    dream: DreamSettings | None = None
    bfl: BflSettings | None = None
    cases: dict[str, CaseSettings] = field(default_factory=dict)
    official: dict[str, OfficialSettings] = field(default_factory=dict)


def read_settings(folder: Path) -> RoomSettings:
    """Read the settings of a folder; without a file there are none.

    Raises:
        BadData: The file is no TOML, or a part of it is wrong.
        UnknownName: It names a part that does not exist.
    """
    file = folder / SETTINGS
    return read_mapping(file, RoomSettings) if file.is_file() else RoomSettings()


def fitting(settings: Mapping[str, _Setting], file: Path) -> tuple[_Setting, ...]:
    """Return the settings whose name or pattern fits a file, capital letters apart."""
    name = file.name.casefold()
    return tuple(each for pattern, each in settings.items() if fnmatchcase(name, pattern.casefold()))
