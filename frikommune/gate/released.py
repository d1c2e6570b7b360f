"""The released tables that pages carry: read back for the audit, and listed for whoever checks what is taken home."""

from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

from frikommune.disclosure import Shown, read_shown
from frikommune.errors import BadData
from frikommune.tables import timeless

SEALED = (".html", ".png", ".xlsx")  # what Statistics Denmark lets be transferred
LIST = "tables.xlsx"
_HEADINGS = ("Page", "Table", "Counted", "Cells", "Hidden", "Smallest count", "Rule")


def page_tables(html: str) -> tuple[Shown, ...]:
    """Return the released tables that a page carries, as it shows them.

    Raises:
        BadData: One is not as `release` wrote it.
    """
    return tuple(read_shown(released) for _, released in _tables(html) if released is not None)


def folder_tables(folder: Path) -> dict[str, tuple[Shown, ...]]:
    """Return the released tables of every page in a folder and the folders in it, by page.

    Raises:
        BadData: There is no such folder or no page in it, or a table is not as `release` wrote it.
    """
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        raise BadData(f"{folder} holds no page: a folder with HTML files was expected.")
    return {str(each.relative_to(folder)): page_tables(each.read_text(encoding="utf-8")) for each in pages}


def rows_of(page: str, html: str) -> list[tuple[str | int | None, ...]]:
    """List every table of a page: what is counted, its cells, the smallest count shown and the rule applied."""
    rows: list[tuple[str | int | None, ...]] = []
    for name, released in _tables(html):
        if released is None:
            rows.append((page, name, "no persons", None, None, None, "not a table of people"))
            continue
        each = read_shown(released)
        counts = [value for value in each.n if value]
        smallest = min(counts) if counts else None
        rows.append((page, name, each.of, len(each.n), each.n.count(None), smallest, _said(each)))
    return rows


def refuse_other_files(*folders: Path) -> None:
    """Refuse to seal folders that hold files of other kinds than may be taken home.

    Raises:
        BadData: They do.
    """
    others = [each for folder in folders for each in folder.rglob("*") if each.is_file() and each.suffix not in SEALED]
    if others:
        raise BadData(
            f"{others[0].parent} holds files that are not {', '.join(SEALED)} ({len(others)} in all): --sealed takes "
            "an empty folder, and data that lie elsewhere."
        )


def write_list(folder: Path, path: Path) -> None:
    """Write the list of every table of the pages in a folder, for whoever checks what is taken home.

    Args:
        folder: Folder with the pages.
        path: The Excel file to write.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "Tables"
    sheet.append(_HEADINGS)
    for page in sorted(folder.rglob("*.html")):
        for row in rows_of(str(page.relative_to(folder)), page.read_text(encoding="utf-8")):
            sheet.append(row)
    written = BytesIO()
    book.save(written)
    path.write_bytes(timeless(written.getvalue()))


def _said(each: Shown) -> str:
    rule = each.rule
    rounded = f"; rounded to {rule.rounding}" if rule.rounding else ""
    sums = (
        f"; ({rule.dominant}, {rule.most_percent:g} %) and {rule.p_percent:g} % rule" if each.sums is not None else ""
    )
    return f"at least {rule.threshold} persons a cell, secondary suppression{sums}{rounded}"


def _tables(html: str) -> Iterator[tuple[str, str | None]]:
    reader = _Reader()
    reader.feed(html)
    yield from reader.tables


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            known = dict(attrs)
            self.tables.append((known.get("id") or "", known.get("data-released")))
