"""Makes a page again from what it says that it was made of, and compares."""

from dataclasses import dataclass
from pathlib import Path

from frikommune.appendix import make_page, workbook_name
from frikommune.errors import BadData, UserError
from frikommune.origin import Origin, origin_of, read_origin
from frikommune.trials import trial

_BESIDE = "demo"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a page is what it would be if it were made now.

    Attributes:
        differences: What is different, in sentences; none when every byte is the same.
    """

    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return not self.differences


def verify(page: Path, *, data: str = "") -> Verified:
    """Make a page again and compare it, byte by byte; its workbook too, where that lies beside it.

    Args:
        page: The page.
        data: The folder that it was made from; for a synthetic register that lies beside the page, that one.

    Raises:
        BadData: There is no such page, it does not say what it was made of, or it needs a data folder.
    """
    if not page.is_file():
        raise BadData(f"There is no page {page}.")
    html = page.read_bytes()
    told = read_origin(html.decode("utf-8", errors="replace"))
    room = _room(page, told, data)
    parameters = {"trial": told.trial, "data": room, **told.parameters}
    now = origin_of(trial(told.trial), parameters, notebook=told.notebook)
    differences = [*_versions(told, now), *_data(told, now)]
    if told.plan != now.plan:
        differences.append("The plan (trials and margins) is another than when the page was made.")
    try:
        again = make_page(parameters, notebook=told.notebook)
    except UserError as fault:
        return Verified((*differences, f"The page cannot be made again: {fault}"))
    if again.html.encode() != html:
        differences.append(_where(html, again.html.encode()))
    beside = page.with_name(workbook_name(page.name))
    if beside.is_file() and beside.read_bytes() != again.workbook:
        differences.append(f"The tables in {beside.name} are others than those of the page.")
    return Verified(tuple(differences))


def _room(page: Path, told: Origin, data: str) -> str:
    if told.data == {}:
        return ""
    beside = page.parent / _BESIDE
    if not data and not beside.is_dir():
        raise BadData("The page was made from a data folder: give it with --data FOLDER.")
    return data if "://" in data else str(Path(data or beside).resolve())


def _versions(told: Origin, now: Origin) -> list[str]:
    names = [name for name in told.versions if told.versions[name] != now.versions.get(name)]
    return [f"{name} was {told.versions[name]} and is {now.versions.get(name, 'not there')}." for name in names]


def _data(told: Origin, now: Origin) -> list[str]:
    before, after = told.data or {}, now.data or {}
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return [f"{len(changed)} data files are other ones: {', '.join(changed)}."] if changed else []


def _where(before: bytes, after: bytes) -> str:
    old, new = before.splitlines(), after.splitlines()
    lines = [number for number, (one, other) in enumerate(zip(old, new, strict=False), start=1) if one != other]
    first = lines[0] if lines else min(len(old), len(new)) + 1
    return f"The page differs in {max(len(lines), abs(len(old) - len(new)), 1)} lines, the first of them line {first}."
