"""Official tables as they lie in a folder: read, and several extracts of one table joined."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from frikommune.dataroom.noun import PROVENANCE, Recognised
from frikommune.dataroom.settings import SETTINGS, OfficialSettings
from frikommune.errors import BadData
from frikommune.municipalities import COUNT, municipalities, name_of
from frikommune.records import Municipal, jobindsats_municipal, json_table, statbank_extract
from frikommune.sources import Provenance, read
from frikommune.sources.encoding import file_digest

SAID_TWICE = "the same figure as in another file"
_SHOWN = 3


@dataclass(frozen=True, slots=True, repr=False)
class OfficialTable:
    """An official table, or an extract of one.

    Attributes:
        found: What file it is.
        figures: Its figures, and what was set aside.
        provenance: Where it came from.
        clashes: Rows whose figure another extract of the same indicator says differently: not in `figures`.
        clash_with: Names of these other files, and the first places and periods.
    """

    found: Recognised
    figures: Municipal
    provenance: Provenance
    clashes: tuple[int, ...] = ()
    clash_with: str = ""

    def __repr__(self) -> str:
        return f"OfficialTable {self.found.file.name}: {self.figures!r}"

    @property
    def indicator(self) -> str:
        """Key of the indicator that its figures are."""
        return settings_of(self.found).indicator


def settings_of(found: Recognised) -> OfficialSettings:
    """Return what is known of an official table.

    Raises:
        BadData: Nobody has said which indicator it holds.
    """
    if found.official is None:
        raise BadData(
            f"{found.file.name} is an official table of which nothing is said: name its indicator in {SETTINGS}, as in "
            f'[official."{found.file.name}"] and indicator = "..." below it.'
        )
    return found.official


def read_official(found: Recognised) -> OfficialTable:
    """Read an official table, or an extract of one.

    Raises:
        BadData: It cannot be read, or its indicator is not known.
        UnknownName: A column or value that its settings name is not there.
    """
    told = settings_of(found)
    dash = told.dash or "missing"
    if found.kind == "jobindsats":
        table, provenance = _jobindsats(found.file)
        figures = jobindsats_municipal(
            table, told.indicator, measure=told.measure, kind=told.kind, choose=told.choose, dash=dash
        )
        return OfficialTable(found, figures, provenance)
    source = read(found.file)
    figures = statbank_extract(source, told.indicator, choose=told.choose, dash=dash)
    return OfficialTable(found, figures, replace(source.provenance, notes=(*source.provenance.notes, *_fetched(found))))


def joined(tables: Iterable[OfficialTable]) -> tuple[OfficialTable, ...]:
    """Join extracts of one indicator: a figure said twice alike is one, a figure said differently is none.

    Args:
        tables: Tables of any indicators.

    Returns:
        The tables in the same order, less the figures that another has too.
    """
    tables = tuple(tables)
    parts: dict[str, list[int]] = {}
    for place, each in enumerate(tables):
        parts.setdefault(each.indicator, []).append(place)
    out = list(tables)
    for places in parts.values():
        for place, each in zip(places, _joined([tables[place] for place in places]), strict=True):
            out[place] = each
    return tuple(out)


def absent(tables: Sequence[OfficialTable]) -> tuple[str, ...]:
    """Return the names of the municipalities that no extract of one indicator holds."""
    held = {code for each in tables for code in set(municipalities()) - set(each.figures.absent)}
    return tuple(name_of(code) for code in municipalities() if code not in held)


def check_whole(tables: Sequence[OfficialTable]) -> None:
    """See that the extracts of one StatBank table hold all 98 municipalities together.

    Raises:
        BadData: Some are not there.
    """
    if any(each.found.kind == "jobindsats" for each in tables):
        return
    if missing := absent(tables):
        names = " and ".join(each.found.file.name for each in tables)
        raise BadData(
            f"{names} hold{'s' if len(tables) == 1 else ''} {COUNT - len(missing)} of the {COUNT} municipalities: "
            "download the table with all of them."
        )


def _jobindsats(file: Path) -> tuple[object, Provenance]:
    if file.suffix.lower() != ".json":
        source = read(file)
        return source, source.provenance
    table = json_table(file.read_bytes(), file.name)
    rows = int(table.count().to_pyarrow().as_py())
    provenance = Provenance(file.name, file_digest(file), rows, tuple(table.columns), notes=_told(file))
    return table, provenance


def _fetched(found: Recognised) -> tuple[str, ...]:
    return _told(found.file)


def _told(file: Path) -> tuple[str, ...]:
    """Return what the provenance beside a fetched table says of it, and whether it is still that table."""
    about = file.with_name(file.name + PROVENANCE)
    if not about.is_file():
        return ()
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
        when, digest = str(told["fetched"])[:10], told["sha256"]
    except (ValueError, KeyError, TypeError, OSError):
        return (f"{about.name} cannot be read: where the table came from is not known",)
    if digest != file_digest(file):
        return (f"fetched {when}, and changed since then: it is no longer what the service sent",)
    return (f"fetched {when}",)


def _joined(parts: list[OfficialTable]) -> list[OfficialTable]:
    if len(parts) == 1:
        return parts
    frames = [
        each.figures.frame.assign(part=place, at=range(len(each.figures.frame))) for place, each in enumerate(parts)
    ]
    every = pd.concat(frames, ignore_index=True)
    cell = every.groupby(["kommune_kode", "period"])["value"]
    differs = cell.transform("nunique") > 1
    again = ~differs & every.duplicated(["kommune_kode", "period"])
    return [
        _without(
            each, parts, every[differs], twice=every.loc[again & (every["part"] == place), "at"].to_numpy(np.int64)
        )
        for place, each in enumerate(parts)
    ]


def _without(
    table: OfficialTable, parts: list[OfficialTable], clashing: pd.DataFrame, *, twice: np.ndarray
) -> OfficialTable:
    """Take figures out of one extract: those that an earlier one has too, and those that another says differently."""
    figures, place = table.figures, next(at for at, each in enumerate(parts) if each is table)
    mine = clashing[clashing["part"] == place]
    out = np.zeros(len(figures.frame), bool)
    out[twice] = True
    out[mine["at"].to_numpy(np.int64)] = True
    aside = pd.DataFrame(
        {"row": figures.numbers[twice], "reason": pd.Series(SAID_TWICE, range(len(twice)), dtype=object)}
    )
    kept = replace(
        figures,
        frame=figures.frame[~out].reset_index(drop=True),
        numbers=figures.numbers[~out],
        aside=pd.concat([figures.aside, aside]).sort_values("row", ignore_index=True),
        repeated=len(twice),
    )
    rows = tuple(sorted(int(each) for each in figures.numbers[mine["at"].to_numpy(np.int64)]))
    return replace(table, figures=kept, clashes=rows, clash_with=_named(mine, clashing, parts))


def _named(mine: pd.DataFrame, clashing: pd.DataFrame, parts: list[OfficialTable]) -> str:
    """Name the other files and the first places: these are official figures of municipalities, and no person's."""
    if mine.empty:
        return ""
    same = clashing.merge(
        mine[["kommune_kode", "period", "part"]], on=["kommune_kode", "period"], suffixes=("", "_own")
    )
    others = sorted({parts[int(at)].found.file.name for at in same.loc[same["part"] != same["part_own"], "part"]})
    cells = [
        f"{name_of(int(code))} {period}" for code, period in zip(mine["kommune_kode"], mine["period"], strict=True)
    ]
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return f"{' and '.join(others)} ({', '.join(cells[:_SHOWN])}{more})"
