"""Opens a data room: the official tables, where they came from, and what was set aside on the way in."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from frikommune import demo
from frikommune.errors import BadData
from frikommune.records import Municipal, municipal
from frikommune.schema import MUNICIPAL, indicators
from frikommune.sources import Provenance, files_in, read


@dataclass(frozen=True, slots=True, repr=False)
class DataRoom:
    """The tables that an evaluation draws on.

    Attributes:
        municipal: Official figures: kommune_kode, period, indicator, value.
        read: What was kept and set aside from each file, by file.
        provenance: Where each file came from, by file.
        synthetic: Whether the figures are made up.
    """

    municipal: pd.DataFrame
    read: dict[str, Municipal]
    provenance: dict[str, Provenance]
    synthetic: bool

    def __repr__(self) -> str:
        kind = "synthetic" if self.synthetic else f"{len(self.read)} files"
        return f"DataRoom ({kind}): {len(self.municipal)} municipal figures"

    def holds(self, indicator: str) -> bool:
        """Tell whether the room has figures of an indicator."""
        return bool((self.municipal["indicator"] == indicator).any())


def open_room(folder: Path | str | None = None) -> DataRoom:
    """Open a data room; without a folder, the synthetic one.

    Args:
        folder: Folder with the official tables as downloaded, found by the patterns of `data/indicators.toml`; or one
            that `frikommune demo` wrote.

    Raises:
        BadData: The folder is not there, holds none of the known tables, or two files hold the same one; or it is
            a synthetic register with planted faults.
    """
    if not folder:
        return _synthetic(demo.municipal())
    files = files_in(Path(folder))
    mark = demo.read_mark(Path(folder))
    if mark is not None:
        return _marked(Path(folder), mark)
    tables: dict[str, Municipal] = {}
    provenance: dict[str, Provenance] = {}
    for key, each in indicators().items():
        matching = [file for file in files if any(file.match(pattern) for pattern in each.files)]
        if len(matching) > 1:
            raise BadData(f"{', '.join(file.name for file in matching)} all hold {key}: keep one of them in {folder}.")
        for file in matching:
            source = read(file)
            tables[file.name] = municipal(source, key)
            provenance[file.name] = source.provenance
    if not tables:
        patterns = ", ".join(pattern for each in indicators().values() for pattern in each.files)
        raise BadData(f"{folder} holds none of the official tables: files named {patterns} were expected.")
    frame = pd.concat([each.frame for each in tables.values()], ignore_index=True)
    return DataRoom(municipal=frame, read=tables, provenance=provenance, synthetic=False)


def _marked(folder: Path, mark: demo.Mark) -> DataRoom:
    if mark.planted:
        raise BadData(f"{folder} is a synthetic register with planted faults: make one without --plant.")
    found = read(folder / "municipal.parquet").table.select(*MUNICIPAL)
    return _synthetic(found.to_pyarrow().to_pandas())


def _synthetic(municipal: pd.DataFrame) -> DataRoom:
    return DataRoom(municipal=municipal, read={}, provenance={}, synthetic=True)
