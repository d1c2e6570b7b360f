"""Which file of a folder is what: by its name, by the names of its columns, by its mapping file; never by a guess.

A file that fits two descriptions is read by none, and a sentence says so. A file that fits none is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from frikommune.dataroom.headings import head, headings
from frikommune.dataroom.mapped import STATUS, TABLES, Folder, export_of, lonely, mapped, mappings
from frikommune.dataroom.noun import PROVENANCE, Kind, Recognised, Recognition, shown
from frikommune.dataroom.settings import SETTINGS, BflSettings, OfficialSettings, RoomSettings, fitting
from frikommune.errors import BadData
from frikommune.schema import contracts, indicators

DATABASES = (".duckdb", ".db", ".ddb")

_WEEK = re.compile(r"y_\d{4}", re.IGNORECASE)
_JSON_HEAD = 4096
_OF_DREAM = ("spells", "months")


def recognise(files: Sequence[Path], settings: RoomSettings) -> Recognition:
    """Find out what each file of a folder is.

    Args:
        files: The files of the folder.
        settings: What its settings say.
    """
    folder = Folder(tuple(files), settings)
    found, problems = [*mapped(folder)], []
    taken = {each.file for each in found} | {file for each in found for file, _ in each.parts}
    for file in folder.files:
        if file in taken or file in folder.companions:
            continue
        fits = list(_fits(folder, file))
        if len(fits) > 1:
            problems.append(_ambiguous(file, fits))
        found += fits if len(fits) == 1 else []
        taken |= {each for fit in fits for each in (fit.file, *(part for part, _ in fit.parts))}
    problems += lonely(folder, found)
    found, doubled = _undoubled(found)
    known = taken | folder.companions | {each.mapping for each in found if each.mapping} | mappings(folder)
    return Recognition(
        found=tuple(sorted(found, key=_order)),
        problems=(*problems, *doubled),
        unknown=tuple(each for each in folder.files if each not in known),
    )


def official_of(files: Iterable[Path], settings: RoomSettings) -> tuple[Recognised, ...]:
    """Return the official tables among files: those that `data/indicators.toml` or the settings name.

    Raises:
        BadData: A file fits several indicators.
    """
    found = []
    for file in files:
        fits = list(_official(file, settings))
        if len(fits) > 1:
            raise BadData(_ambiguous(file, fits))
        found += fits
    return tuple(found)


def _order(found: Recognised) -> tuple[bool, int, str]:
    """Sort tables as the contracts do, official files last and by indicator."""
    tables, keys = list(contracts()), list(indicators())
    if found.official is not None:
        key = found.official.indicator
        return True, keys.index(key) if key in keys else len(keys), found.file.name
    return False, tables.index(found.tables[0]), found.file.name


# Files that say themselves what they are.


def _fits(folder: Folder, file: Path) -> Iterator[Recognised]:
    official = list(_official(file, folder.settings))
    if official:
        yield from official
        return
    if file.suffix.lower() in (*TABLES, *DATABASES) and file.stem.casefold() in contracts():
        yield Recognised("table", (file.stem.casefold(),), file)
        return
    if file.suffix.lower() == ".json":
        if _is_answer(file):
            yield Recognised("official", ("municipal",), file)
        return
    columns = folder.columns(file)
    if any(map(_WEEK.fullmatch, columns)):
        tables = folder.settings.dream.tables if folder.settings.dream else _OF_DREAM
        yield Recognised("dream", tables, file)
    if any(map(STATUS.fullmatch, columns)):
        yield Recognised("survey", ("survey",), file, parts=export_of(folder, file))
    bfl = folder.settings.bfl or BflSettings()
    if columns.issuperset((bfl.person, bfl.month, bfl.hours)):
        yield Recognised("bfl", ("months",), file)
    if _is_official({each.casefold() for each in columns}):
        yield Recognised("official", ("municipal",), file)


def _official(file: Path, settings: RoomSettings) -> Iterator[Recognised]:
    """Return what an official table is: by the settings, else by the patterns of the shipped indicators."""
    if file.suffix.lower() not in (*TABLES, ".json") or file.name.endswith(PROVENANCE):
        return
    told = fitting(settings.official, file)
    shipped = [
        OfficialSettings(indicator=each.key, dash=each.dash)
        for each in indicators().values()
        if any(file.match(pattern) for pattern in each.files)
    ]
    for each in told or shipped:
        known = indicators().get(each.indicator)
        dash = each.dash or (known.dash if known else "missing")
        yield Recognised(_service(file), ("municipal",), file, official=replace(each, dash=dash))


def _service(file: Path) -> Kind:
    """Return who made an official table: jobindsats answers in JSON, and heads its periods with their name."""
    if file.suffix.lower() == ".json":
        return "jobindsats"
    columns = [name.casefold() for names in headings(file).values() for name in names]
    return "jobindsats" if _is_jobindsats(columns) else "statbank"


def _is_jobindsats(columns: Iterable[str]) -> bool:
    found = list(columns)
    return any(each.startswith("periode") for each in found) and not {"indhold", "contents"} & set(found)


def _is_official(columns: set[str]) -> bool:
    """Tell whether a table has the columns that StatBank (time and contents) or jobindsats (period, area) give it."""
    statbank = bool({"tid", "time"} & columns) and bool({"indhold", "contents"} & columns)
    return statbank or (_is_jobindsats(columns) and bool({"område", "kommune", "area"} & columns))


def _is_answer(file: Path) -> bool:
    return '"columns"' in head(file)[:_JSON_HEAD]


# Tables that several files give.


def _ambiguous(file: Path, fits: Sequence[Recognised]) -> str:
    if all(each.official for each in fits):
        what = " and ".join(each.official.indicator for each in fits if each.official)
        return f"{shown(file.name)} fits the indicators {what}: it was not read; name one of them in {SETTINGS}."
    words = {"dream": "a DREAM extract", "bfl": "BFL", "official": "an official table", "survey": "SurveyXact"}
    what = " and ".join(words[each.kind] for each in fits)
    return (
        f"{shown(file.name)} has the columns of {what}: it was not read; rename the columns that it does not need, or "
        f"name its own in {SETTINGS}."
    )


def _undoubled(found: Sequence[Recognised]) -> tuple[list[Recognised], list[str]]:
    """Take out what two files give of one table: none can tell which is right."""
    problems, out = [], []
    doubled: Mapping[str, set[Path]] = {table: _doubled(found, table) for table in contracts()}
    for table, files in doubled.items():
        if files:
            several = sum(table in each.tables and each.kind in ("dream", "bfl") for each in found)
            hint = f", or say tables = [...] under [dream] in {SETTINGS}" if several and table in _OF_DREAM else ""
            names = ", ".join(sorted(shown(each.name) for each in files))
            problems.append(f"{names} all hold {table}: none was read; keep one of them{hint}.")
    for each in found:
        tables = tuple(table for table in each.tables if each.file not in doubled[table])
        out += [replace(each, tables=tables)] if tables else []
    return out, problems


def _doubled(found: Sequence[Recognised], table: str) -> set[Path]:
    """Return the files of a table that cannot go together: exports of several places can, as can official figures."""
    giving = [each for each in found if table in each.tables]
    if table == "municipal":
        giving = [each for each in giving if each.kind == "table"]
    joined = {each.kind for each in giving} in ({"cases"}, {"survey"})
    return set() if joined or len(giving) < 2 else {each.file for each in giving}  # noqa: PLR2004 -- two is a pair
