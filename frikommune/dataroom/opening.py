"""Opens a data room: a folder of official tables as downloaded, or one that a check wrote, with every table in it."""

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import ibis
import pandas as pd
import pyarrow.parquet as pq
from ibis.expr.types import Table

from frikommune import demo
from frikommune.dataroom.manifest import read_manifest
from frikommune.dataroom.official import OfficialTable, check_whole, joined, read_official
from frikommune.dataroom.recognising import official_of
from frikommune.dataroom.settings import read_settings
from frikommune.errors import BadData
from frikommune.schema import MUNICIPAL, contracts, indicators
from frikommune.sources import files_in, read, register

# Only aggregates of them ever leave, and the check has searched them: they are counted where they lie.
_OF_PERSONS = ("cases", "spells", "months")

_SMALL = 0.2  # of the synthetic persons: enough for every municipality to have some


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of the rows of an official file.

    Attributes:
        name: Its name.
        rows: Rows read.
        kept: Rows kept.
        others: Rows of other areas.
        missing: Rows of a municipality without a figure.
        sha256: Digest of the file.
    """

    name: str
    rows: int
    kept: int
    others: int
    missing: int
    sha256: str


@dataclass(frozen=True, slots=True, repr=False)
class DataRoom:
    """The tables that an evaluation draws on.

    Attributes:
        municipal: Official figures: kommune_kode, period, indicator, value.
        files: What was kept and set aside from each official file.
        synthetic: Whether the figures are made up.
        checked: The files of a room that a check, or the maker of synthetic registers, wrote, by table.
    """

    municipal: pd.DataFrame
    files: tuple[FileRead, ...]
    synthetic: bool
    checked: Mapping[str, Path] = field(default_factory=dict)
    _opened: dict[str, Table] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        kind = "synthetic" if self.synthetic else f"{len(self.files)} official files"
        return f"DataRoom ({kind}): {len(self.municipal)} municipal figures, tables {', '.join(self.tables) or 'none'}"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are there, in the order of the contracts."""
        return tuple(
            name for name in contracts() if name in self.checked or (name == "municipal" and len(self.municipal))
        )

    def holds(self, indicator: str) -> bool:
        """Tell whether the room has figures of an indicator."""
        return bool((self.municipal["indicator"] == indicator).any())

    def table(self, name: str) -> Table:
        """Return a table of the room, lazily, in the columns and types of its contract.

        Args:
            name: Its name: "cases", "spells", "months", "municipal", "uptake", "adoption" or "survey".

        Raises:
            BadData: The room has no such table.
        """
        if name not in self.tables:
            raise BadData(
                f"The data room has no table {name}: it has {', '.join(self.tables) or 'none'}. Check the folder that "
                "holds it with frikommune check FOLDER --out CHECKED, and open CHECKED."
            )
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def _open(self, name: str) -> Table:
        file = self.checked.get(name)
        if file is None:
            return ibis.memtable(self.municipal)
        return register(file).table if name in _OF_PERSONS else read(file).table


def open_room(folder: Path | str | None = None, *, persons: bool = False) -> DataRoom:
    """Open a data room; without a folder, the synthetic one.

    Args:
        folder: A folder that `frikommune check --out` or `frikommune demo` wrote, or one with the official tables as
            downloaded, found by the patterns of `data/indicators.toml` and of its `room.toml`; several extracts of
            one are joined.
        persons: Without a folder: make a fifth of the synthetic persons too (some seconds), in a temporary folder
            that goes with the process. `frikommune demo` makes all of them.

    Raises:
        BadData: The folder is not there, is not as the check wrote it, or holds none of the known tables; an official
            table is not what it should be; two extracts say a figure differently; or it is a synthetic register with
            planted faults.
    """
    if not folder and persons:
        return open_room(_small())
    if not folder:
        return DataRoom(municipal=demo.municipal(), files=(), synthetic=True)
    files = files_in(Path(folder))
    mark = demo.read_mark(Path(folder))
    manifest = read_manifest(Path(folder))
    if manifest is not None:
        return _checked(manifest, files)
    if mark is not None:
        return _marked(folder, mark, files)
    tables = joined(read_official(each) for each in official_of(files, read_settings(Path(folder))))
    if not tables:
        patterns = ", ".join(pattern for each in indicators().values() for pattern in each.files)
        raise BadData(
            f"{folder} holds none of the official tables: files named {patterns} were expected, or a folder that "
            "frikommune check --out wrote."
        )
    _check_joined(tables)
    frame = pd.concat([each.figures.frame for each in tables], ignore_index=True)
    return DataRoom(municipal=frame, files=tuple(map(_file, tables)), synthetic=False)


@cache
def _small() -> Path:
    """Return the folder of a small synthetic register, made once in a process and gone with it."""
    folder = Path(mkdtemp(prefix="frikommune-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    demo.demo(folder / "demo", size=_SMALL)
    return folder / "demo"


def _marked(folder: Path | str, mark: demo.Mark, files: Sequence[Path]) -> DataRoom:
    if mark.planted:
        raise BadData(f"{folder} is a synthetic register with planted faults: make one without --plant, or check it.")
    there = _tables(files)
    return DataRoom(municipal=_official(there), files=(), synthetic=True, checked=there)


def _tables(files: Sequence[Path]) -> dict[str, Path]:
    return {each.stem: each for each in files if each.suffix == ".parquet" and each.stem in contracts()}


def _official(tables: Mapping[str, Path]) -> pd.DataFrame:
    if "municipal" not in tables:
        return pd.DataFrame({name: [] for name in MUNICIPAL})
    return read(tables["municipal"]).table.select(*MUNICIPAL).to_pyarrow().to_pandas()


def _check_joined(tables: Sequence[OfficialTable]) -> None:
    for each in tables:
        if each.clashes:
            raise BadData(
                f"{each.found.file.name} has {len(each.clashes)} rows with another figure than {each.clash_with}: "
                "keep one of them."
            )
        check_whole([other for other in tables if other.indicator == each.indicator])


def _file(table: OfficialTable) -> FileRead:
    figures = table.figures
    return FileRead(
        name=table.found.file.name,
        rows=figures.rows,
        kept=len(figures.frame),
        others=sum(figures.areas.values()),
        missing=figures.missing,
        sha256=table.provenance.sha256,
    )


def _checked(manifest: Mapping[str, Any], files: Sequence[Path]) -> DataRoom:
    """Open what a check wrote, if it is still what the check wrote."""
    told = manifest["tables"]
    there = _tables(files)
    for name in contracts():
        _check_file(name, there.get(name), sum(each["kept"] for each in told if each["table"] == name))
    found = [each for each in told if each["table"] == "municipal" and each["kept"]]
    return DataRoom(
        municipal=_official(there),
        files=tuple(map(_told, found)),
        synthetic=bool(manifest.get("synthetic")),
        checked=there,
    )


def _check_file(name: str, file: Path | None, kept: int) -> None:
    if file is None and not kept:
        return
    try:
        found = None if file is None else pq.read_metadata(file)
    except (OSError, ValueError) as fault:  # what pyarrow raises on damaged bytes is a ValueError
        raise BadData(f"{name}.parquet is no Parquet file or is damaged: check the data room again.") from fault
    rows = 0 if found is None else found.num_rows
    if rows != kept or found is None or set(contracts()[name].names) - set(found.schema.names):
        raise BadData(
            f"{name}.parquet has {rows} rows and the check kept {kept}, or its columns are others: check the data room "
            "again."
        )


def _told(each: Mapping[str, Any]) -> FileRead:
    aside: Mapping[str, int] = each.get("set_aside", {})
    return FileRead(
        name=each["file"],
        rows=each["rows"],
        kept=each["kept"],
        others=sum(rows for reason, rows in aside.items() if reason.startswith("other area")),
        missing=aside.get("no figure", 0),
        sha256=each["sha256"],
    )
