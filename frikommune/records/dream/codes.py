"""What DREAM's three-digit codes mean: `data/dream_codes.csv`, or a copy of it that the evaluator has edited."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from frikommune.errors import BadData
from frikommune.shipped import data_file

ExitMeaning = Literal[
    "self_support",
    "job_clarification",
    "resource_programme",
    "flex_job",
    "disability_pension",
    "other",
    "emigration_or_death",
]

UNKNOWN = "ukendt"
NO_CODE = -1  # what stands in a week that holds neither blank nor a number

_FIELDS = ("code_from", "code_to", "benefit", "exit_meaning", "name_da", "name_en", "verified", "source", "note")
_MEANINGS = get_args(ExitMeaning)
_LARGEST = 999
_ALL_16_BITS = 1 << 16


@dataclass(frozen=True, slots=True)
class DreamCode:
    """One line of the code table.

    Attributes:
        code_from: First code.
        code_to: Last code, included.
        benefit: Key of the benefit.
        exit_meaning: What it means to leave another benefit for this one; `self_support` makes a week without
            benefit, `emigration_or_death` a week outside the population.
        name_da: Name in Danish.
        name_en: Name in English.
        verified: Whether a public source confirms the line.
        source: That source.
        note: What to know before relying on it.
    """

    code_from: int
    code_to: int
    benefit: str
    exit_meaning: ExitMeaning
    name_da: str
    name_en: str
    verified: bool
    source: str
    note: str


@dataclass(frozen=True, slots=True, repr=False)
class CodeTable:
    """The code table, as lookups.

    Attributes:
        lines: The lines, by code.
        benefits: Keys of the benefits by state; state 0 is a week without benefit, the last one an unknown code.
        meanings: Exit meaning by state.
        outside: Whether a state is outside the population, by state.
        lookup: State by code, for each of the 65,536 codes of 16 bits, a negative one counted from the end.
    """

    lines: tuple[DreamCode, ...]
    benefits: tuple[str, ...]
    meanings: tuple[ExitMeaning, ...]
    outside: NDArray[np.bool_]
    lookup: NDArray[np.uint8]

    def __repr__(self) -> str:
        verified = sum(each.verified for each in self.lines)
        return f"CodeTable: {len(self.lines)} lines, {verified} verified, {len(self.benefits) - 1} benefits"

    @property
    def unverified(self) -> frozenset[str]:
        """Benefits that rest on at least one line that no public source confirms."""
        return frozenset(each.benefit for each in self.lines if not each.verified)

    def codes_of(self, *meanings: ExitMeaning) -> tuple[int, ...]:
        """Return every code with one of these exit meanings, in order."""
        return tuple(
            code
            for each in self.lines
            if each.exit_meaning in meanings
            for code in range(each.code_from, each.code_to + 1)
        )


@cache
def dream_codes(path: Path | None = None) -> CodeTable:
    """Read the code table, checked line by line.

    Args:
        path: An edited copy of `data/dream_codes.csv`; default the one that travels with the package.

    Raises:
        BadData: The file is not there, a column is missing, a field is empty or not one of its kind, two lines
            share a code, or a benefit has two exit meanings.
    """
    file = data_file("dream_codes.csv") if path is None else path
    if not file.is_file():
        raise BadData(f"There is no code table {file.name}: copy data/dream_codes.csv and edit it.")
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.DictReader(handle)
        if set(rows.fieldnames or ()) != set(_FIELDS):
            raise BadData(f"{file.name} must have the columns {', '.join(_FIELDS)}.")
        lines = [_line(row, f"{file.name} line {number}") for number, row in enumerate(rows, start=2)]
    lines.sort(key=lambda each: each.code_from)
    _check(lines, file.name)
    return _lookups(lines)


def unknown_codes(codes: Mapping[int, int]) -> dict[str, int]:
    """Name unknown codes for a report: what is no three-digit code is counted, never shown."""
    named: dict[str, int] = {}
    for code, weeks in sorted(codes.items()):
        name = f"{code:03d}" if 0 <= code <= _LARGEST else "no three-digit code"
        named[name] = named.get(name, 0) + weeks
    return named


def _line(row: Mapping[str, str | None], place: str) -> DreamCode:
    text = {key: (value or "").strip() for key, value in row.items() if key in _FIELDS}
    empty = [field for field in _FIELDS if field not in ("source", "note") and not text[field]]
    if empty:
        raise BadData(f"{place}: the column {empty[0]} is empty.")
    if not (text["code_from"].isdecimal() and text["code_to"].isdecimal()):
        raise BadData(f"{place}: code_from and code_to must be whole numbers.")
    first, last = int(text["code_from"]), int(text["code_to"])
    if not first <= last <= _LARGEST:
        raise BadData(f"{place}: the codes must run upwards between 0 and {_LARGEST}.")
    if text["exit_meaning"] not in _MEANINGS:
        raise BadData(f"{place}: exit_meaning must be one of {', '.join(_MEANINGS)}.")
    if text["verified"] not in ("yes", "no"):
        raise BadData(f"{place}: verified must be yes or no.")
    if text["verified"] == "yes" and not text["source"]:
        raise BadData(f"{place}: a verified line must name its source.")
    return DreamCode(
        code_from=first,
        code_to=last,
        benefit=text["benefit"],
        exit_meaning=text["exit_meaning"],  # type: ignore[arg-type]  # checked against the literal above
        name_da=text["name_da"],
        name_en=text["name_en"],
        verified=text["verified"] == "yes",
        source=text["source"],
        note=text["note"],
    )


def _check(lines: list[DreamCode], name: str) -> None:
    if not lines:
        raise BadData(f"{name} holds no codes.")
    for one, other in pairwise(lines):
        if other.code_from <= one.code_to:
            raise BadData(f"{name}: the code {other.code_from} stands in two lines, {one.benefit} and {other.benefit}.")
    meanings: dict[str, str] = {UNKNOWN: "other"}
    for each in lines:
        if meanings.setdefault(each.benefit, each.exit_meaning) != each.exit_meaning:
            raise BadData(f"{name}: {each.benefit} has two exit meanings; give its codes one, or two benefit keys.")


def _lookups(lines: Iterable[DreamCode]) -> CodeTable:
    lines = tuple(lines)
    meanings: dict[str, ExitMeaning] = {"": "self_support"}
    meanings |= {each.benefit: each.exit_meaning for each in lines if each.exit_meaning != "self_support"}
    meanings[UNKNOWN] = "other"
    states = {benefit: state for state, benefit in enumerate(meanings)}
    lookup = np.full(_ALL_16_BITS, states[UNKNOWN], np.uint8)
    lookup[0] = 0
    for each in lines:
        lookup[each.code_from : each.code_to + 1] = states.get(each.benefit, 0)
    outside = np.array([meaning == "emigration_or_death" for meaning in meanings.values()])
    return CodeTable(lines, tuple(meanings), tuple(meanings.values()), outside, lookup)
