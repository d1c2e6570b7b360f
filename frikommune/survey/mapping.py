"""What a survey file does not say by itself: trial, role, round, and which column is what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from frikommune.exports import read_mapping

Status = Literal["new", "distributed", "partly", "completed", "rejected", "screened out"]


@dataclass(frozen=True, slots=True)
class SurveyMapping:
    """What a survey file does not say by itself.

    Attributes:
        trial: Key of the trial that the survey is about.
        role: Who was asked: "citizen", "caseworker", "manager", ...
        wave: Round of the survey.
        respondent: Column of the respondent; found in SurveyXact's files, otherwise the number of the row.
        kommune: Column of the municipality, by name, code or label.
        kommune_kode: Code of the municipality, when everybody is in one.
        weight: Column of weights; everybody counts as one without.
        status: Column of the status, in a flat survey.
        statuses: Status ("completed", "distributed", ...) by value of that column.
        items: Columns that are items, in a flat survey; in SurveyXact's files those to keep, all when empty.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, str_min_length=1)

    trial: str
    role: str
    wave: int = 1
    respondent: str | None = None
    kommune: str | None = None
    kommune_kode: int | None = None
    weight: str | None = None
    status: str | None = None
    statuses: Mapping[str, Status] = field(default_factory=dict)
    items: tuple[str, ...] = ()


def read_survey_mapping(path: Path | str) -> SurveyMapping:
    """Read and check a mapping file of a survey (TOML).

    Raises:
        BadData: There is no such file, or a part of it is missing or wrong.
        UnknownName: It names a part that does not exist.
    """
    return read_mapping(path, SurveyMapping)
