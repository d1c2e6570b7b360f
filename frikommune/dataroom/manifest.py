"""What a check wrote about a room that it kept, read again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frikommune import demo
from frikommune.dataroom.noun import MANIFEST
from frikommune.errors import BadData


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """Return what the check that wrote a folder found, as `Report.as_dict` says it; none when no check wrote it.

    Raises:
        BadData: There is a manifest, and it is not what a check writes.
    """
    file = folder / MANIFEST
    if not file.is_file():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        tables = [{**each, "kept": int(each["kept"]), "table": str(each["table"])} for each in told["tables"]]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BadData(f"{file.name} is not what a check writes: check the data room again.") from fault
    return {**told, "tables": tables}


def is_synthetic(folder: Path) -> bool:
    """Tell whether a folder is a synthetic register, or what a check kept of one.

    Raises:
        BadData: Its mark or manifest cannot be read.
    """
    manifest = read_manifest(folder)
    return demo.read_mark(folder) is not None or bool(manifest and manifest.get("synthetic"))
