"""Reads a page as a browser does, and says what in it must not be published."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from frikommune.disclosure import read_shown
from frikommune.errors import BadData
from frikommune.gate.decoding import around, unpacked
from frikommune.gate.elements import ADDRESSES, DRAWN, INLINE, POINTS, SCRIPTS, VOID
from frikommune.gate.finding import Finding, Kind
from frikommune.gate.texts import has_cpr, is_key_name, readable, text_kinds

Attributes = list[tuple[str, str | None]]

_HOST = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})|[\s,](?:https?:)?//", re.IGNORECASE)
_STYLE_HOST = re.compile(r"url\(\s*[\"']?(?!\s*[\"']?(?:#|data:))|@import|image-set\(", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
# What our own attributes hold by design: the hashes of the data files, and the rows of a released table.
_OWN: dict[str, Kind] = {"data-origin": "a person key", "data-released": "a data frame"}
_MOVING = frozenset(["set", "animate"])
_STARTS = re.compile("[Mm]")
_SMALL = 12.0  # points: a path that fits into it is a mark, not a line
# Ours, known by their words, draw municipalities and placebos: 98 before and after fit. Others have none to draw.
_MOST_OURS, _MOST_OTHERS = 200, 20
_MOST_ROWS = 200
_MOST_WORDS = 200  # texts of one drawing: our fullest have some eighty
_DEPTH = 3
_DATE, _SERIAL = re.compile(r"\d{6}"), re.compile(r"[-\u2010-\u2015]?(\d{4})")


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
    if reader.rawdata.strip():
        reader.handle_comment(reader.rawdata)  # an element that was never closed
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
        self._direct: Counter[int] = Counter()
        self._seen = 0
        self._words: Counter[str] = Counter()
        self._before = ""
        self._rows, self._captioned, self._released, self._ours = 0, False, False, False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag == "br":
            self._text.append("\n")
        elif not _is_inline(tag):
            self.flush()
        known = {name: value or "" for name, value in attrs}
        if any(has_cpr(readable(name)) for name in (tag, *known)):
            self._add("a CPR number")
        self._seen += 1
        if tag not in VOID:
            self._open.append((tag, self._seen))
        self._tag(tag, known)
        for name, value in known.items():
            self._attribute(tag, name, value)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not _is_inline(tag):
            self.flush()
        while self._open and tag in {name for name, _ in self._open}:
            name, number = self._open.pop()
            if name == "g" and self._direct[number] == 1:
                self._mark(wrapped=True)  # a group round one mark is that mark
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
            if has_cpr(readable(_without_escapes(data))):
                self._add("a CPR number")

    def handle_comment(self, data: str) -> None:
        self._check(data)
        if "<" in data and self._depth < _DEPTH:
            inner = markup_findings(data, "inside", paths=self._paths, depth=self._depth + 1)
            self._add(*(each.kind for each in inner))

    def handle_decl(self, decl: str) -> None:
        self._check(decl)
        if "<!entity" in decl.lower():
            self._add("a link to a host")

    def handle_pi(self, data: str) -> None:
        self._check(data)
        if "stylesheet" in data.lower():
            self._add("a link to a host")

    def unknown_decl(self, data: str) -> None:
        self._check(data)

    def flush(self) -> None:
        """Look at the text gathered so far."""
        text, self._text = "".join(self._text), []
        if text.strip():
            self._check(text, line=self._line)
            inside = self._open[-1][0] if self._open else ""
            if inside in ("th", "td"):
                self._cell(readable(text).strip())
            elif inside == "text":
                self._word(text.strip())

    def _cell(self, text: str) -> None:
        """Look at a cell of a table: the name of a key, or the second half of a number that began in the one before."""
        if is_key_name(text):
            self._add("a person key")
        serial = _SERIAL.fullmatch(text)
        if serial and _DATE.fullmatch(self._before) and has_cpr(f"{self._before}-{serial[1]}"):
            self._add("a CPR number")
        self._before = text

    def _word(self, text: str) -> None:
        """Count the texts of a drawing: many, or one sign again and again, are marks."""
        sign = text if len(text) == 1 and not text.isdigit() else ""
        self._words["all"] += 1
        self._words[sign] += sign != ""
        most = _MOST_OURS if self._ours else _MOST_OTHERS
        if self._words["all"] == _MOST_WORDS + 1 or (sign and self._words[sign] == most + 1):
            self._add("a drawing with a mark for each person")

    def _tag(self, tag: str, known: dict[str, str]) -> None:
        if tag in SCRIPTS or (tag == "meta" and known.get("http-equiv", "").lower() == "refresh"):
            self._add("a script")
        if tag == "table":
            self._rows, self._captioned, self._released = 0, False, "data-released" in known
        self._rows += tag == "tr"
        if tag == "tr":
            self._before = ""
        self._captioned |= tag == "caption"
        if "dataframe" in known.get("class", "").split():
            self._add("a data frame")
        if re.search(r"\bansi-\w+|\btraceback", known.get("class", "")):
            self._add("a traceback")
        if tag == "svg":
            self._ours = known.get("role") == "img" and "aria-describedby" in known
            self._words.clear()
        if len(_STARTS.findall(known.get("d", ""))) > (_MOST_OURS if self._ours else _MOST_OTHERS):
            self._add("a drawing with a mark for each person")
        if any(name == "svg" for name, _ in self._open) and (tag in POINTS or _is_mark(tag, known.get("d", ""))):
            self._mark()

    def _mark(self, *, wrapped: bool = False) -> None:
        """Count a mark in the two groups around it: a collection wraps each mark in a group of its own."""
        groups = [number for name, number in self._open if name in ("g", "svg")]
        self._direct.update(groups[-1:])
        for number in groups[-2:-1] if wrapped else groups[-2:]:
            self._marks[number] += 1
            if self._marks[number] == (_MOST_OURS if self._ours else _MOST_OTHERS) + 1:
                self._add("a drawing with a mark for each person")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self._add("a script")
        if name in ADDRESSES or (tag in _MOVING and name in ("to", "from", "by", "values")):
            self._address(tag, re.sub(r"[\t\r\n]", "", value))
        if name.startswith("xmlns"):
            return
        if name == "style" or "url(" in value.lower():
            self._style(value)
        if name.startswith("marker"):
            self._add("a drawing with a mark for each person")
        if name == "data-released" and not _is_released(value):
            self._add("a data frame")
        if name in _OWN:
            self._add(*(each for each in all_kinds(value, paths=self._paths, depth=self._depth) if each != _OWN[name]))
        elif name not in DRAWN:
            self._check(value)
        elif has_cpr(value) and not _NUMBER.fullmatch(value) and "." not in value:
            self._add("a CPR number")

    def _address(self, tag: str, value: str) -> None:
        if value.strip().lower().startswith("javascript:"):
            self._add("a script")
        elif _HOST.search(value) and not (tag in ("img", "image", "source") and value.strip().startswith("data:")):
            self._add("an absolute path" if value.strip().lower().startswith("file:") else "a link to a host")

    def _style(self, text: str) -> None:
        if _STYLE_HOST.search(_without_escapes(text)):
            self._add("a link to a host")

    def _check(self, text: str, *, line: int | None = None) -> None:
        self._add(*all_kinds(text, paths=self._paths, depth=self._depth), line=line)

    def _add(self, *kinds: Kind, line: int | None = None) -> None:
        place = self._place or f"line {line or self.getpos()[0]}"
        self.found += [each for kind in kinds if (each := Finding(kind, place)) not in self.found]


def _is_released(text: str) -> bool:
    try:
        read_shown(text)
    except BadData:
        return False
    return True


def _is_inline(tag: str) -> bool:
    """Tell whether text goes on through an element: also through any that no browser knows."""
    return tag in INLINE or "-" in tag


def _without_escapes(style: str) -> str:
    return re.sub(r"\\([0-9a-fA-F]{1,5})\s?", lambda each: chr(int(each[1], 16)), style)


def _is_mark(tag: str, drawn: str) -> bool:
    """Tell whether a path is a dot or a tick: everything of it lies within a few points."""
    if tag != "path" or not drawn:
        return False
    numbers = [float(each) for each in _NUMBER.findall(drawn)]
    return all(max(each, default=0) - min(each, default=0) <= _SMALL for each in (numbers[::2], numbers[1::2]))
