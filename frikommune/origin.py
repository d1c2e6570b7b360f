"""What a page was made of, as the page carries it: software, parameters, plan, data and the command."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from frikommune.demo import Mark, read_mark
from frikommune.errors import BadData
from frikommune.shipped import data_file
from frikommune.sources import files_in
from frikommune.tables import Table
from frikommune.trials import Trial
from frikommune.version import __version__
from frikommune.words import number, say

_SOFTWARE = ("numpy", "pandas", "scipy", "statsmodels", "duckdb", "ibis-framework", "matplotlib", "seaborn")
_PLANS = ("indicators.toml", "outcomes.toml", "trials.toml")
_CHUNK = 1 << 20
_SHORT = 16  # hexadecimal digits shown; the page carries all


@dataclass(frozen=True, slots=True)
class Origin:
    """What a page was made of.

    Attributes:
        trial: Key of the trial.
        parameters: Parameters of the notebook, the data and the trial apart.
        versions: Versions of the software that bears on the page, by name.
        plan: SHA-256 of what was fixed beforehand: the trials and the margins of their outcomes.
        data: SHA-256 of each data file, by name; empty for the embedded figures, nothing for a database.
        command: The command that makes the page again.
        notebook: Name of the notebook.
    """

    trial: str
    parameters: dict[str, str | int | float | bool]
    versions: dict[str, str]
    plan: str
    data: dict[str, str] | None
    command: str
    notebook: str = "1-trial"

    @property
    def text(self) -> str:
        """All of it as JSON, as a page carries it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def origin_of(about: Trial, parameters: Mapping[str, object], *, notebook: str = "1-trial") -> Origin:
    """Gather what a page is made of.

    Args:
        about: The trial.
        parameters: The parameters in the notebook's own types, `data` among them.
        notebook: Name of the notebook.
    """
    own = {
        name: value
        for name, value in sorted(parameters.items())
        if name not in ("data", "trial") and isinstance(value, str | int | float | bool)
    }
    data = str(parameters.get("data", ""))
    room = "" if _made_by_run(data) else " --data FOLDER"
    given = "".join(f" -p {name}={value}" for name, value in own.items() if name != "lang")
    which = "" if notebook == "1-trial" else f" --notebook {notebook}"
    return Origin(
        about.key,
        own,
        {"frikommune": __version__, "Python": platform.python_version(), **{name: version(name) for name in _SOFTWARE}},
        hashlib.sha256(b"".join(data_file(name).read_bytes() for name in _PLANS)).hexdigest(),
        None if "://" in data else _files(data),
        f"frikommune run {about.key}{room} --lang {own.get('lang', 'da')}{given}{which}",
        notebook,
    )


def section(origin: Origin, lang: str) -> str:
    """Return the section of a page that says what it was made of, with all of it for `frikommune verify`."""
    rows = {
        "versions": ", ".join(f"{name} {each}" for name, each in origin.versions.items()),
        "parameters": ", ".join(f"{name} = {each}" for name, each in origin.parameters.items()),
        "plan": f"{origin.plan[:_SHORT]}…",
        "data": _said(origin.data, lang),
        "command": origin.command,
    }
    table = Table(
        key="origin",
        caption=say("origin_caption", lang),
        headings=(say("origin_what", lang), say("origin_value", lang)),
        rows=tuple((say(f"origin_{name}", lang), text or "–") for name, text in rows.items()),
        note=say("origin_note", lang),
    )
    frame = Markup('\n<h2>{}</h2>\n<div data-origin="{}">\n{}</div>\n')
    return str(frame.format(say("origin", lang), origin.text, Markup(table._repr_html_())))  # noqa: S704 - escaped by the table


def read_origin(html: str) -> Origin:
    """Return what a page says that it was made of.

    Raises:
        BadData: It does not say.
    """
    reader = _Reader()
    reader.feed(html)
    if reader.text is None:
        raise BadData("The page does not say what it was made of: a page that frikommune run made was expected.")
    try:
        return TypeAdapter(Origin).validate_json(reader.text)
    except ValidationError as fault:
        raise BadData("What the page says that it was made of cannot be read: make the page again.") from fault


def _said(data: Mapping[str, str] | None, lang: str) -> str:
    if data is None:
        return say("origin_database", lang)
    if not data:
        return say("origin_no_files", lang)
    together = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return say("origin_files", lang, n=number(len(data), lang), digest=f"{together[:_SHORT]}…")


def _made_by_run(data: str) -> bool:
    """Tell whether `frikommune run` makes the data itself when it is given none."""
    return not data or ("://" not in data and read_mark(Path(data)) == Mark(size=1.0, seed=1))


def _files(folder: str) -> dict[str, str]:
    if not folder:
        return {}
    found = [(each, each.stat()) for each in files_in(Path(folder))]
    return {path.name: _digest(path, told.st_mtime_ns, told.st_size) for path, told in sorted(found)}


@cache
def _digest(path: Path, changed: int, size: int) -> str:
    """Return the SHA-256 of a file; once for all pages, as long as it is `changed` at no other time and of one size."""
    del changed, size
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div" and self.text is None:
            self.text = dict(attrs).get("data-origin")
