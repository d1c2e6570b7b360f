"""Reads a page as a browser does, and says what in it must not be published."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from frikommune.gate.decoding import around, unpacked
from frikommune.gate.finding import Finding, Kind
from frikommune.gate.texts import has_cpr, is_key_name, readable, text_kinds

Attributes = list[tuple[str, str | None]]

_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "tspan",
        "u",
        "var",
        "wbr",
    ]
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "use",
    ]
)
_SCRIPTS = frozenset(["script", "iframe", "frame", "object", "embed", "applet", "base", "form", "portal", "canvas"])
_ADDRESSES = frozenset(
    [
        "href",
        "src",
        "xlink:href",
        "action",
        "formaction",
        "poster",
        "srcset",
        "data",
        "cite",
        "background",
        "ping",
        "manifest",
        "longdesc",
        "profile",
    ]
)
_HOST = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|//|\\\\)|[\s,](?:https?:)?//", re.IGNORECASE)
_STYLE_HOST = re.compile(r"url\(\s*[\"']?(?!\s*[\"']?(?:#|data:))|@import", re.IGNORECASE)
_DRAWN = frozenset(
    [
        "d",
        "points",
        "transform",
        "viewbox",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "width",
        "height",
    ]
)
_POINTS = frozenset(["use", "circle", "ellipse", "rect", "image"])
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SMALL = 12.0  # points: a path that fits into it is a mark, not a line
# Ours, known by their words, draw municipalities and placebos: 98 before and after fit. Others have none to draw.
_MOST_OURS, _MOST_OTHERS = 200, 20
_MOST_ROWS = 200
_DEPTH = 3


def markup_findings(html: str, place: str = "", *, paths: bool = True, depth: int = 0) -> list[Finding]:
    """Say what a piece of HTML or SVG holds that must not be published.

    Args:
        html: The page, or a piece of one.
        place: Where it is from; without, the line of each finding is told.
        paths: Whether to look for absolute paths.
        depth: How many times it was unpacked from something else.
    """
    reader = _Reader(place, paths=paths, depth=depth)
    reader.feed(html)
    reader.close()
    reader.flush()
    return reader.found


def all_kinds(text: str, *, paths: bool, depth: int) -> Iterator[Kind]:
    """Say what a text holds that must not be published, also packed inside it."""
    yield from text_kinds(around(text), paths=paths)
    if depth < _DEPTH:
        for inner in unpacked(text):
            if "<" in inner:
                yield from (each.kind for each in markup_findings(inner, "inside", paths=paths, depth=depth + 1))
            yield from all_kinds(inner, paths=paths, depth=depth + 1)


class _Reader(HTMLParser):
    """Collects text over inline elements, so that a number in two of them is still one."""

    def __init__(self, place: str, *, paths: bool, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Finding] = []
        self._place, self._paths, self._depth = place, paths, depth
        self._text: list[str] = []
        self._line = 1
        self._open: list[tuple[str, int]] = []
        self._marks: Counter[int] = Counter()
        self._seen = 0
        self._rows, self._captioned, self._released, self._ours = 0, False, False, False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag not in _INLINE:
            self.flush()
        known = {name: value or "" for name, value in attrs}
        self._seen += 1
        if tag not in _VOID:
            self._open.append((tag, self._seen))
        self._tag(tag, known)
        for name, value in known.items():
            self._attribute(tag, name, value)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.flush()
        while self._open and tag in {name for name, _ in self._open}:
            name, _ = self._open.pop()
            if name == tag:
                break
        if tag == "table" and not self._released and (not self._captioned or self._rows > _MOST_ROWS):
            self._add("a data frame")

    def handle_data(self, data: str) -> None:
        if not self._text:
            self._line = self.getpos()[0]
        self._text.append(data)
        if self._open and self._open[-1][0] == "style":
            self._text = []  # a style sheet has lines that look alike, and holds no rows
            self._style(data)
            if has_cpr(readable(data)):
                self._add("a CPR number")

    def handle_comment(self, data: str) -> None:
        self.flush()
        self._check(data)
        if "<" in data and self._depth < _DEPTH:
            inner = markup_findings(data, "inside", paths=self._paths, depth=self._depth + 1)
            self._add(*(each.kind for each in inner))

    def handle_decl(self, decl: str) -> None:
        self._check(decl)

    def handle_pi(self, data: str) -> None:
        self._check(data)

    def unknown_decl(self, data: str) -> None:
        self._check(data)

    def flush(self) -> None:
        """Look at the text gathered so far."""
        text, self._text = "".join(self._text), []
        if text.strip():
            self._check(text, line=self._line)
            if self._open and self._open[-1][0] == "th" and is_key_name(readable(text)):
                self._add("a person key")

    def _tag(self, tag: str, known: dict[str, str]) -> None:
        if tag in _SCRIPTS or (tag == "meta" and known.get("http-equiv", "").lower() == "refresh"):
            self._add("a script")
        if tag == "table":
            self._rows, self._captioned, self._released = 0, False, "data-released" in known
        self._rows += tag == "tr"
        self._captioned |= tag == "caption"
        if "dataframe" in known.get("class", "").split():
            self._add("a data frame")
        if re.search(r"\bansi-\w+|\btraceback", known.get("class", "")):
            self._add("a traceback")
        if tag == "svg":
            self._ours = known.get("role") == "img" and "aria-describedby" in known
        if any(name == "svg" for name, _ in self._open) and (tag in _POINTS or _is_mark(tag, known.get("d", ""))):
            self._mark()

    def _mark(self) -> None:
        """Count a mark in the two groups around it: a collection wraps each mark in a group of its own."""
        for _, number in [each for each in self._open if each[0] in ("g", "svg")][-2:]:
            self._marks[number] += 1
            if self._marks[number] == (_MOST_OURS if self._ours else _MOST_OTHERS) + 1:
                self._add("a drawing with a mark for each person")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self._add("a script")
        if name in _ADDRESSES:
            self._address(tag, value)
        if name.startswith("xmlns"):
            return
        if name == "style":
            self._style(value)
        if name not in _DRAWN:
            self._check(value)
        elif has_cpr(value) and not _NUMBER.fullmatch(value) and "." not in value:
            self._add("a CPR number")

    def _address(self, tag: str, value: str) -> None:
        if value.strip().lower().startswith("javascript:"):
            self._add("a script")
        elif _HOST.search(value) and not (tag in ("img", "image", "source") and value.strip().startswith("data:")):
            self._add("an absolute path" if value.strip().lower().startswith("file:") else "a link to a host")

    def _style(self, text: str) -> None:
        if _STYLE_HOST.search(text):
            self._add("a link to a host")

    def _check(self, text: str, *, line: int | None = None) -> None:
        self._add(*all_kinds(text, paths=self._paths, depth=self._depth), line=line)

    def _add(self, *kinds: Kind, line: int | None = None) -> None:
        place = self._place or f"line {line or self.getpos()[0]}"
        self.found += [each for kind in kinds if (each := Finding(kind, place)) not in self.found]


def _is_mark(tag: str, drawn: str) -> bool:
    """Tell whether a path is a dot or a tick: everything of it lies within a few points."""
    if tag != "path" or not drawn:
        return False
    numbers = [float(each) for each in _NUMBER.findall(drawn)]
    return all(max(each, default=0) - min(each, default=0) <= _SMALL for each in (numbers[::2], numbers[1::2]))
