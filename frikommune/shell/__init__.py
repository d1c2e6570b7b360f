"""The page around the content: language, title, one heading, landmarks, contents, one style sheet, no request."""

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, Template
from markupsafe import Markup

from frikommune.version import __version__
from frikommune.words import say

_FOLDER = Path(__file__).parent
_HEADING = re.compile(r"<h(?P<level>[23])(?: id=\"[^\"]*\")?>(?P<text>.*?)</h[23]>")


def wrap(body: str, *, title: str, lang: str, kicker: str = "", home: bool = True) -> str:
    """Make a page of some content.

    Args:
        body: The content, as HTML; its headings begin at the second level.
        title: Title and first heading.
        lang: Language.
        kicker: A line above the heading.
        home: Whether to link to the index.
    """
    content, contents = _anchored(body)
    return _template().render(
        lang=lang,
        version=__version__,
        title=title,
        css=Markup(_style()),  # noqa: S704 - our own style sheet
        skip=say("skip", lang),
        home=say("to_index", lang) if home else "",
        kicker=kicker,
        contents=contents,
        contents_heading=say("contents", lang),
        body=Markup(content),  # noqa: S704 - made of our own tables, figures and words, escaped where they were made
    )


def _anchored(body: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """Give every heading an id, and list those of the second level."""
    contents: list[tuple[str, str]] = []
    seen = 0

    def anchor(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        if match["level"] == "2":
            contents.append((f"section-{seen}", html.unescape(match["text"])))
        return f'<h{match["level"]} id="section-{seen}">{match["text"]}</h{match["level"]}>'

    return _HEADING.sub(anchor, body), contents


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.from_string((_FOLDER / "page.html.j2").read_text(encoding="utf-8"))


@cache
def _style() -> str:
    return (_FOLDER / "page.css").read_text(encoding="utf-8").strip()
