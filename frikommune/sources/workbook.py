"""A look into an Excel workbook before it is opened: what it unpacks to, and whether its formulas have results."""

import re
import zipfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from frikommune.errors import BadData
from frikommune.sources.columns import damage

_PARTS, _UNPACKED, _STRINGS = 5_000, 4 << 30, 256 << 20  # parts, bytes, bytes
DAMAGED = "is no Excel workbook or is damaged: open it in Excel and save it again"
_RATIO, _SMALL = 200, 16 << 20  # times packed size, and bytes below which the ratio does not matter
_HEAD, _CHUNK = 1 << 16, 1 << 20
_ENCRYPTED = bytes.fromhex("d0cf11e0")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would unpack to more than can be meant, by what it declares.

    Raises:
        BadData: It is encrypted, is no zip file, or has too many, too large or too tightly packed parts.
    """
    with path.open("rb") as handle:
        if handle.read(4) == _ENCRYPTED:
            raise BadData(f"{path.name} has a password or is an old .xls file: save it as .xlsx without a password.")
    with damage(path.name, DAMAGED), zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
        size = sum(each.file_size for each in parts)
        tight = [each for each in parts if each.file_size > max(_SMALL, _RATIO * each.compress_size)]
        strings = any(each.filename.endswith("sharedStrings.xml") and each.file_size > _STRINGS for each in parts)
        if len(parts) > _PARTS or size > _UNPACKED or tight or strings:
            raise BadData(
                f"{path.name} would unpack to {size / 1e6:,.0f} MB from {path.stat().st_size / 1e6:,.1f}: more than a "
                f"workbook should; save the table as CSV or Parquet."
            )
        for each in parts:
            if each.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in packed.open(each).read(_HEAD):
                raise BadData(f"{path.name} defines entities of its own, as no workbook does: save it from Excel.")


def unreckoned(path: Path, sheet: str) -> int:
    """Count the formulas of a sheet whose result was never stored: they would be read as missing."""
    with damage(path.name, DAMAGED), zipfile.ZipFile(path) as packed:
        part = _part(packed, sheet)
        if not _has_formulas(packed, part):
            return 0
        count = 0
        with packed.open(part) as handle:
            for _, element in ET.iterparse(handle):  # noqa: S314 -- entities were refused before
                if element.tag == f"{_MAIN}c":
                    count += _is_unreckoned(element)
                if element.tag == f"{_MAIN}row":
                    element.clear()
        return count


def _is_unreckoned(cell: ET.Element) -> bool:
    if cell.find(f"{_MAIN}f") is None or cell.get("t") == "str":
        # A result of type "str" may be the empty text.
        return False
    return not cell.findtext(f"{_MAIN}v")


def _has_formulas(packed: zipfile.ZipFile, part: str) -> bool:
    tail = b""
    with packed.open(part) as handle:
        while chunk := handle.read(_CHUNK):
            if _FORMULA.search(tail + chunk):
                return True
            tail = chunk[-16:]
    return False


def _part(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return the part of the package that holds a sheet."""
    book = ET.fromstring(packed.read("xl/workbook.xml"))  # noqa: S314 -- entities were refused before
    relations = ET.fromstring(packed.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 -- as above
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    target = next(targets[each.get(_RELATION)] for each in book.iter(f"{_MAIN}sheet") if each.get("name") == sheet)
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
