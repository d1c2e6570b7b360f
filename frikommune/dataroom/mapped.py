"""The files of a folder, and those of which a mapping file says what they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from frikommune import demo
from frikommune.dataroom.headings import SHEETS, TEXT, Headings, headings
from frikommune.dataroom.noun import MANIFEST, PROVENANCE, Recognised, shown
from frikommune.dataroom.settings import SETTINGS, RoomSettings
from frikommune.errors import UserError
from frikommune.records import read_case_mapping

COLUMNS, SURVEY = "columns.toml", "survey.toml"
STATUS = re.compile(r"(?:stato|statoverall)_\d+")

_TYPED = (".parquet", ".pq", ".feather", ".arrow", ".ipc", ".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt")
TABLES = (*TEXT, *SHEETS, *_TYPED)
_STRUCTURE = {"variableName", "questionText"}
_LABELS = ("variablename", "variable", "item")


@dataclass(frozen=True)
class Folder:
    """The files of a folder, with their headings as they are asked for.

    Attributes:
        files: The files, by name.
        settings: What its settings say.
        seen: Headings read so far, by file.
    """

    files: tuple[Path, ...]
    settings: RoomSettings
    seen: dict[Path, Headings] = field(default_factory=dict)

    def headings(self, file: Path) -> Headings:
        """Return the names of the columns of a file, by sheet."""
        if file not in self.seen:
            self.seen[file] = headings(file)
        return self.seen[file]

    def columns(self, file: Path) -> frozenset[str]:
        """Return the names of the columns of a file, of all sheets."""
        return frozenset(name for names in self.headings(file).values() for name in names)

    @cached_property
    def named(self) -> dict[str, Path]:
        """The files by name."""
        return {each.name: each for each in self.files}

    @cached_property
    def tables(self) -> tuple[Path, ...]:
        """Files that may be tables, less those that are read along with others."""
        return tuple(each for each in self.files if each.suffix.lower() in TABLES and each not in self.companions)

    @cached_property
    def companions(self) -> frozenset[Path]:
        """Files that belong to others: settings, provenance, the population of BFL, an edited code table."""
        bfl, dream = self.settings.bfl, self.settings.dream
        names = [
            MANIFEST,
            SETTINGS,
            *(demo.BESIDE if demo.MARK in self.named else ()),
            bfl.population if bfl else None,
            dream.codes if dream else None,
        ]
        fetched = [
            each
            for each in self.files
            if each.name.endswith(PROVENANCE) and each.name[: -len(PROVENANCE)] in self.named
        ]
        return frozenset([*(self.named[each] for each in names if each in self.named), *fetched])

    def own(self, suffix: str) -> dict[Path, Path]:
        """Return the mapping files named after one table, by that table."""
        mappings = {each.name[: -len(suffix) - 1]: each for each in self.files if each.name.endswith(f".{suffix}")}
        return {each: mappings[each.stem] for each in self.tables if each.stem in mappings}


def mapped(folder: Folder) -> Iterator[Recognised]:
    """Return the tables that mapping files say something of."""
    cases = folder.own(COLUMNS)
    for file, mapping in cases.items():
        yield Recognised("cases", ("cases",), file, mapping)
    surveys = folder.own(SURVEY)
    for file, mapping in surveys.items():
        yield Recognised("survey", ("survey",), file, mapping, parts=export_of(folder, file))
    if COLUMNS in folder.named:
        mapping = folder.named[COLUMNS]
        for file in _fitting_columns(folder, mapping, {*cases, *surveys}):
            yield Recognised("cases", ("cases",), file, mapping)
    if SURVEY in folder.named:
        for file in _datasets(folder):
            if file not in surveys:
                yield Recognised("survey", ("survey",), file, folder.named[SURVEY], parts=export_of(folder, file))


def _fitting_columns(folder: Folder, mapping: Path, taken: set[Path]) -> list[Path]:
    """Return the files that have all columns that a mapping file names."""
    try:
        wanted = read_case_mapping(mapping).named()
    except UserError:
        return []  # said as a problem of the folder: no file can be told by it
    return [each for each in folder.tables if each not in taken and folder.columns(each).issuperset(wanted)]


def _datasets(folder: Folder) -> list[Path]:
    return [each for each in folder.tables if any(map(STATUS.fullmatch, folder.columns(each)))]


def export_of(folder: Folder, dataset: Path) -> tuple[tuple[Path, str], ...]:
    """Return dataset, structure and labels of a SurveyXact export; nothing when it is a flat survey."""
    sheets = [(each, sheet) for each in (dataset, *folder.tables) for sheet in folder.headings(each)]
    names = {place: folder.headings(place[0])[place[1]] for place in sheets}
    own = [place for place in names if place[0] == dataset and any(map(STATUS.fullmatch, names[place]))]
    if len(own) != 1:
        return ()
    beside = [place for place in names if (place[0] == dataset) == (len(folder.headings(dataset)) > 1)]
    structure = [place for place in beside if _STRUCTURE.issubset(names[place])]
    items = {*names[own[0]], *_LABELS}
    labels = [place for place in beside if place not in (*own, *structure) and _is_labels(names[place], items)]
    return (own[0], structure[0], labels[0]) if len(structure) == len(labels) == 1 else (own[0],)


def _is_labels(names: tuple[str, ...], items: set[str]) -> bool:
    """Tell whether a heading is the first line of a labels file, which has none: variable, value and label."""
    return len(names) in (3, 4) and (names[0] in items or names[0].casefold() in _LABELS)


def mappings(folder: Folder) -> set[Path]:
    """Return the mapping files of a folder."""
    return {
        each
        for each in folder.files
        if each.name.endswith((f".{COLUMNS}", f".{SURVEY}")) or each.name in (COLUMNS, SURVEY)
    }


def lonely(folder: Folder, found: Sequence[Recognised]) -> Iterator[str]:
    """Say of every mapping file that no table is read by why that is so."""
    used = {each.mapping for each in found}
    for mapping in sorted(mappings(folder) - used):
        if mapping.name == COLUMNS:
            try:
                read_case_mapping(mapping)
            except UserError as fault:
                yield str(fault)
                continue
            yield f"{COLUMNS} fits no file: none has all the columns that it names."
        elif mapping.name == SURVEY:
            yield (
                f"{SURVEY} fits no file: none has the status columns of SurveyXact (stato_1, ...); for a flat survey "
                f"name it after the table, as in NAME.{SURVEY}."
            )
        else:
            yield f"{shown(mapping.name)} stands alone: there is no table of the same name that it could be for."
